import type { Clock } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import type { ActionName } from '../actions/index.ts';
import type { Call } from '../call.ts';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { isPromise } from '../promise.ts';
import { HookQueue } from './hook-queue.ts';
import type { ServiceEvents } from './service-events.ts';

/** How a call ended: with a value, or with an error. */
export type HookOutcome = { readonly value: unknown } | { readonly error: unknown };

/** What a service hook is told: an event in the form of a call. */
export type ServiceRecord<K extends Key = Key> = {
  [N in keyof ServiceEvents<K>]: { readonly action: N; readonly args: ServiceEvents<K>[N] };
}[keyof ServiceEvents<K>];

interface HookBase<S> {
  /** For messages, `inspect('cache')` and `reset({ hooks })`; no two hooks of a cache have the same. */
  name?: string;
  /**
   * Whether it is told beside the calls, in order, one notification after the other: no call waits for it. Default:
   * `false`, it is told within the call, which waits until `notify` returns (but not for a promise).
   */
  async?: boolean;
  /** With `async`: how long one notification may take before the next one begins. Default: 5 s. */
  timeout?: Duration;
  /** With `async`: how many notifications may wait; more are dropped, and reported as `OVERLOADED`. Default: 10,000. */
  queue?: number;
  /** Called once, when the cache is opened; what it returns is the state that `notify` gets. */
  init?(cache: Methods): S;
  /** Called by `reset` in place of `init`: returns the new state. Without it `reset` calls `init` again. */
  reset?(state: S): S;
}

/** A hook that is told of calls. */
export interface CallHook<K extends Key = Key, V = unknown, S = unknown> extends HookBase<S> {
  /** `'pre'`: told before a call is executed. `'post'`: told after it, of its outcome too. */
  type: 'pre' | 'post';
  /** Of which actions it is told. Default: `'all'`. */
  actions?: readonly ActionName[] | 'all';
  /** Told of one call that this node executes; `outcome` is there with `'post'`. */
  notify(call: Call<K, V>, outcome: HookOutcome | undefined, state: S): unknown;
}

/** A hook that is told what the cache does of its own accord. */
export interface ServiceHook<K extends Key = Key, S = unknown> extends HookBase<S> {
  type: 'service';
  /** Of which events it is told. Default: `'all'`. */
  actions?: readonly (keyof ServiceEvents)[] | 'all';
  /** Told of one event at this node. */
  notify(event: ServiceRecord<K>, outcome: undefined, state: S): unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: each hook has a state of its own type.
export type Hook<K extends Key = Key, V = unknown, S = any> = CallHook<K, V, S> | ServiceHook<K, S>;

/** A hook as its options were read. */
export interface HookSettings {
  readonly name: string;
  readonly type: 'pre' | 'post' | 'service';
  readonly actions: readonly string[] | 'all';
  readonly async: boolean;
  /** In ms. */
  readonly timeout: number;
  readonly queue: number;
  init?(cache: Methods): unknown;
  notify(record: unknown, outcome: unknown, state: unknown): unknown;
  reset?(state: unknown): unknown;
}

export interface HooksSettings {
  /** The name of the cache, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly hooks: readonly HookSettings[];
  /** Told what a hook did wrong. */
  error(error: unknown): void;
}

/** Who is told of the calls of one action. */
export interface Listeners {
  readonly before: readonly RunningHook[];
  readonly after: readonly RunningHook[];
}

/** The hooks of one engine. */
export class Hooks {
  readonly #hooks: readonly RunningHook[];
  readonly #calls = new Map<string, Listeners | undefined>();
  readonly #events = new Map<string, readonly RunningHook[]>();
  #cache: Methods = {};

  constructor(settings: HooksSettings) {
    this.#hooks = settings.hooks.map((hook) => new RunningHook(hook, settings));
  }

  /** Gives every hook its state. What an `init` throws is thrown. */
  open(cache: Methods): void {
    this.#cache = cache;
    for (const hook of this.#hooks) hook.open(cache);
  }

  /** Who is to be told of calls of that action; `undefined` if nobody is. */
  listeners(action: string): Listeners | undefined {
    if (!this.#calls.has(action)) {
      const before = this.#of('pre', action);
      const after = this.#of('post', action);
      this.#calls.set(action, before.length + after.length === 0 ? undefined : { before, after });
    }
    return this.#calls.get(action);
  }

  /** Tells service hooks of an event. */
  served<N extends keyof ServiceEvents>(event: N, args: ServiceEvents[N]): void {
    let hooks = this.#events.get(event);
    if (hooks === undefined) {
      hooks = this.#of('service', event);
      this.#events.set(event, hooks);
    }
    for (const hook of hooks) hook.tell({ action: event, args }, undefined);
  }

  /** Gives the hooks of those names a new state, or all of them; names that there are not are passed over. */
  reset(names: readonly string[] | undefined): void {
    for (const hook of this.#hooks)
      if (names === undefined || names.includes(hook.name)) hook.reset(this.#cache);
  }

  get names(): readonly string[] {
    return this.#hooks.map(({ name }) => name);
  }

  /** How far each hook is behind. */
  status(): readonly HookStatus[] {
    return this.#hooks.map((hook) => hook.status());
  }

  /** Nobody is told anything any more. */
  close(): void {
    for (const hook of this.#hooks) hook.close();
  }

  #of(type: HookSettings['type'], name: string): readonly RunningHook[] {
    return this.#hooks.filter((hook) => hook.concerns(type, name));
  }
}

/** How `inspect('cache')` shows a hook. */
export interface HookStatus {
  readonly name: string;
  readonly type: 'pre' | 'post' | 'service';
  readonly async: boolean;
  /** Notifications that wait. */
  readonly waiting: number;
  /** Notifications that were dropped because too many waited. */
  readonly dropped: number;
}

class RunningHook {
  readonly #hook: HookSettings;
  readonly #error: (error: unknown) => void;
  readonly #queue: HookQueue | undefined;
  #state: unknown;
  /** It is being told something at this moment: of what it does meanwhile it is not told. */
  #telling = false;
  #closed = false;

  constructor(hook: HookSettings, { name, clock, error }: HooksSettings) {
    this.#hook = hook;
    this.#error = error;
    if (!hook.async) return;
    this.#queue = new HookQueue({
      clock,
      timeout: hook.timeout,
      bound: hook.queue,
      error,
      late: () =>
        new CacheError(
          'TIMEOUT',
          `hook '${hook.name}' of cache '${name}' did not finish one notification within ${hook.timeout} ms; the next one begins`,
        ),
      full: () =>
        new CacheError(
          'OVERLOADED',
          `hook '${hook.name}' of cache '${name}' is ${hook.queue} notifications behind: further ones are dropped until it has caught up`,
        ),
    });
  }

  get name(): string {
    return this.#hook.name;
  }

  concerns(type: HookSettings['type'], action: string): boolean {
    const { actions } = this.#hook;
    return this.#hook.type === type && (actions === 'all' || actions.includes(action));
  }

  open(cache: Methods): void {
    this.#state = this.#hook.init?.(cache);
  }

  /** Never throws, whatever the hook does. */
  tell(record: unknown, outcome: HookOutcome | undefined): void {
    if (this.#telling || this.#closed) return;
    if (this.#queue !== undefined) {
      this.#queue.add(() => this.#notify(record, outcome));
      return;
    }
    try {
      const answer = this.#notify(record, outcome);
      if (isPromise(answer)) answer.then(undefined, this.#error);
    } catch (error) {
      this.#error(error);
    }
  }

  /** What waits for it is told first, with the state it had. */
  reset(cache: Methods): void {
    const renew = (): void => {
      if (this.#hook.reset !== undefined) this.#state = this.#hook.reset(this.#state);
      else this.open(cache);
    };
    if (this.#queue !== undefined) {
      this.#queue.add(renew, true);
      return;
    }
    try {
      renew();
    } catch (error) {
      this.#error(error);
    }
  }

  status(): HookStatus {
    const { name, type, async } = this.#hook;
    const { waiting = 0, dropped = 0 } = this.#queue ?? {};
    return { name, type, async, waiting, dropped };
  }

  close(): void {
    this.#closed = true;
    this.#queue?.close();
  }

  #notify(record: unknown, outcome: HookOutcome | undefined): unknown {
    this.#telling = true;
    try {
      return this.#hook.notify(record, outcome, this.#state);
    } finally {
      this.#telling = false;
    }
  }
}
