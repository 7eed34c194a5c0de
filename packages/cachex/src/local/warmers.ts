import type { Clock, Timer } from '@cachex/router';
import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import { writeWarmed } from './write-warmed.ts';

/** What is written: a key, its value, and options as `put` takes them. */
export type WarmedEntry<K extends Key = Key, V = unknown> =
  | readonly [key: K, value: V]
  | readonly [key: K, value: V, options: { ttl?: Duration | null }];

/** Entries, all at once or as they come; `commit(entries, { ttl })`, `ignore()` or nothing for none. */
export type Warmed<K extends Key = Key, V = unknown> =
  | Iterable<WarmedEntry<K, V>>
  | AsyncIterable<WarmedEntry<K, V>>
  // biome-ignore lint/suspicious/noExplicitAny: whatever is ignored is not looked at.
  | Outcome<any>
  | undefined;

/** Fills a cache before anybody asks. */
export interface Warmer<K extends Key = Key, V = unknown> {
  /** No two warmers of a cache have the same; in a cluster every node gives the same warmers. */
  name: string;
  /** From the beginning of one run to that of the next. Default: it runs once, when the cache is opened. */
  interval?: Duration;
  /** Whether `ready()` waits until it has run. Default: `false`. */
  required?: boolean;
  /** Finds the entries; they are written as `put` does. The signal aborts when the cache closes. */
  execute(context: { readonly signal: AbortSignal }): Warmed<K, V> | Promise<Warmed<K, V>>;
}

/** A warmer as its options were read. */
export interface WarmerSettings {
  readonly name: string;
  /** In ms; `undefined` for one run. */
  readonly interval: number | undefined;
  readonly required: boolean;
  execute(context: { readonly signal: AbortSignal }): unknown;
}

/** What is known of the last run of a warmer, where that is decided. */
export interface WarmerState {
  /** Tells the run from all others; begins with where it runs. */
  readonly run: string;
  /** On the engine's clock. */
  readonly began: number;
  running: boolean;
  /** Whether this run or an earlier one has come to a good end. */
  succeeded: boolean;
  /** Why it failed. */
  error: unknown;
}

/** How the runs of warmers are decided upon, and told of. */
export interface WarmingPlace {
  /** Names this node in runs. */
  readonly origin: string;
  /** How many entries are written at a time. */
  readonly concurrency: number;
  /** Has a run begin if it is time, wherever that is decided; answers in how many ms to ask again, `null` for never. */
  ask(name: string): Promise<number | null>;
  /** A run that was made here has ended. */
  ended(name: string, run: string, error: unknown): void | Promise<void>;
  /** What those who wait for a run get when it is decided elsewhere from now on. */
  reconsider(): Error;
}

export interface WarmersSettings {
  /** The name of the cache, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly partitions: number;
  readonly warmers: readonly WarmerSettings[];
  /** Everything is decided in this engine unless set. */
  readonly place?: WarmingPlace;
  /** The state of a warmer is another now. */
  changed(name: string): void;
  error(error: unknown): void;
  warmed(name: string, written: number): void;
}

/** How `inspect('cache')` shows a warmer. */
export interface WarmerStatus {
  readonly name: string;
  /** In ms. */
  readonly interval: number | null;
  readonly required: boolean;
  /** Whether a run is under way at this node. */
  readonly running: boolean;
}

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** How soon a node asks again about a run that is under way, or that nobody could be asked about. */
const again = 1_000;

/**
 * The warmers of one engine. Whether a run begins is decided at one place, which has the state of the last one: in this
 * process, or at the owner of the hash of the warmer's name, and then the state is a part of that partition. Every node
 * asks there when it may be time; so runs go on whoever leaves, and none is made twice.
 */
export class Warmers {
  readonly #settings: WarmersSettings;
  readonly #place: WarmingPlace;
  readonly #warmers: ReadonlyMap<string, WarmerSettings>;
  readonly #states = new Map<string, WarmerState>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #timers = new Map<string, Timer>();
  readonly #running = new Map<string, AbortController>();
  #cache: Methods = {};
  #runs = 0;
  #closed = false;

  constructor(settings: WarmersSettings) {
    this.#settings = settings;
    this.#warmers = new Map(settings.warmers.map((warmer) => [warmer.name, warmer]));
    this.#place = settings.place ?? {
      origin: '',
      concurrency: 1,
      ask: async (name) => {
        const run = this.begin(name, false);
        await this.wait(name, run).catch(() => {});
        return this.next(name);
      },
      ended: (name, run, error) => void this.settle(name, run, error),
      reconsider: () => new Error('never'),
    };
  }

  get names(): readonly string[] {
    return [...this.#warmers.keys()];
  }

  get required(): readonly string[] {
    return [...this.#warmers.values()].filter(({ required }) => required).map(({ name }) => name);
  }

  /** Tells where entries are written; from then on others may ask for runs. */
  open(cache: Methods): void {
    this.#cache = cache;
  }

  /** Begins the first runs. */
  start(): void {
    for (const name of this.#warmers.keys()) void this.#ask(name);
  }

  /** Begins a run, if it is time or it must be now; answers which is the last one. One under way is not doubled. */
  begin(name: string, now: boolean): string {
    const warmer = this.#find(name);
    const state = this.#states.get(name);
    if (state !== undefined && (state.running || (!now && this.#left(warmer, state) > 0))) return state.run;
    this.#runs += 1;
    const run = `${this.#place.origin}:${this.#runs}`;
    const began = this.#settings.clock.now();
    const succeeded = state?.succeeded ?? false;
    this.#set(name, { run, began, running: true, succeeded, error: undefined });
    void this.#run(warmer, run);
    return run;
  }

  /** In how many ms it is worth asking again; `null` for never. */
  next(name: string): number | null {
    const state = this.#states.get(name);
    if (state === undefined) return 0;
    if (state.running) return again;
    const left = this.#left(this.#find(name), state);
    return left === Number.POSITIVE_INFINITY ? null : left;
  }

  /** A run has ended. If it is not the last one, somebody else has taken its place. */
  settle(name: string, run: string, error: unknown): boolean {
    const state = this.#states.get(name);
    if (state?.run !== run || !state.running) return false;
    this.#set(name, { ...state, running: false, succeeded: state.succeeded || error === undefined, error });
    this.#wake(name);
    return true;
  }

  /** Waits for the end of that run; rejects with what it failed of. */
  async wait(name: string, run: string): Promise<void> {
    for (;;) {
      const state = this.#states.get(name);
      if (state === undefined || state.run === '') throw this.#lost(name);
      // A later run has begun, so that one is over; whatever came of it has been seen by its warmer.
      if (state.run !== run) return;
      if (!state.running) {
        if (state.error !== undefined) throw state.error;
        return;
      }
      await this.#change(name);
    }
  }

  /** Waits until some run has come to a good end; rejects if the last one failed before that. */
  async ready(name: string): Promise<void> {
    this.#find(name);
    if (this.#states.get(name) === undefined) this.begin(name, false);
    for (;;) {
      const state = this.#states.get(name);
      // Whether another one begins here is no longer for this call to say, after it has waited.
      if (state === undefined) throw this.#place.reconsider();
      if (state.succeeded) return;
      if (!state.running) throw state.error;
      await this.#change(name);
    }
  }

  /** The states that belong to a partition. */
  *states(partition: number): Iterable<[name: string, state: WarmerState]> {
    for (const [name, state] of this.#states) if (this.#at(name, partition)) yield [name, state];
  }

  state(name: string): WarmerState | undefined {
    return this.#states.get(name);
  }

  /** Takes over what another node knew. */
  adopt(name: string, state: WarmerState): void {
    if (!this.#warmers.has(name)) return;
    this.#states.set(name, state);
    this.#wake(name);
  }

  /** Another node decides from now on; who waits must ask there. */
  depart(partition: number): void {
    for (const [name] of [...this.states(partition)]) {
      this.#states.delete(name);
      const waiters = this.#waiters.get(name);
      this.#waiters.delete(name);
      for (const waiter of waiters ?? []) waiter.reject(this.#place.reconsider());
    }
  }

  /** Nodes have gone for good: runs that were made there will not end, and are made again. */
  lost(origins: readonly string[]): void {
    for (const [name, { run, running }] of [...this.#states]) {
      if (running && origins.includes(run.slice(0, run.lastIndexOf(':')))) this.#abandon(name);
    }
  }

  status(): readonly WarmerStatus[] {
    return [...this.#warmers.values()].map(({ name, interval = null, required }) => ({
      name,
      interval,
      required,
      running: this.#running.has(name),
    }));
  }

  close(reason: CacheError): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    for (const controller of [...this.#running.values()]) controller.abort(reason);
    for (const waiters of this.#waiters.values()) for (const waiter of waiters) waiter.reject(reason);
    this.#waiters.clear();
  }

  #left({ interval }: WarmerSettings, { began }: WarmerState): number {
    if (interval === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, began + interval - this.#settings.clock.now());
  }

  #find(name: string): WarmerSettings {
    const warmer = this.#warmers.get(name);
    if (warmer !== undefined) return warmer;
    throw unknownWarmer(this.#settings.name, name, this.names);
  }

  #at(name: string, partition: number): boolean {
    return partitionOf(hashKey(name), this.#settings.partitions) === partition;
  }

  #set(name: string, state: WarmerState): void {
    this.#states.set(name, state);
    this.#settings.changed(name);
  }

  /**
   * Nobody will tell how the run ends: whoever asks next begins another. The copies of the state need not be told; they
   * find out in the same way.
   */
  #abandon(name: string): void {
    const { succeeded } = this.#states.get(name)!;
    const began = Number.NEGATIVE_INFINITY;
    if (!succeeded) this.#states.delete(name);
    else this.#states.set(name, { run: '', began, running: false, succeeded, error: undefined });
    this.#wake(name);
  }

  #lost(name: string): CacheError {
    return new CacheError(
      'NODE_DOWN',
      `the node that ran warmer '${name}' of '${this.#settings.name}' is gone`,
    );
  }

  async #ask(name: string): Promise<void> {
    let next: number | null;
    try {
      next = await this.#place.ask(name);
    } catch (error) {
      if (this.#closed || isEnd(error)) return;
      if (!passing.has((error as { code?: unknown }).code)) this.#settings.error(error);
      next = again;
    }
    if (next === null || this.#closed) return;
    this.#timers.set(
      name,
      this.#settings.clock.after(next, () => void this.#ask(name)),
    );
  }

  async #run(warmer: WarmerSettings, run: string): Promise<void> {
    const { name } = warmer;
    const controller = new AbortController();
    this.#running.set(name, controller);
    let error: unknown;
    try {
      const { signal } = controller;
      const { concurrency } = this.#place;
      // Not within the call that begins it.
      await Promise.resolve();
      const found = await warmer.execute({ signal });
      const written = await writeWarmed(name, this.#cache, found, { signal, concurrency });
      this.#settings.warmed(name, written);
    } catch (failure) {
      error = failure ?? new Error(`warmer '${name}' failed with ${failure}`);
    }
    this.#running.delete(name);
    if (this.#closed) return;
    if (error !== undefined && !isEnd(error)) this.#settings.error(error);
    try {
      await this.#place.ended(name, run, error);
    } catch (failure) {
      if (!isEnd(failure)) this.#settings.error(failure);
    }
  }

  #change(name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(name) ?? new Set();
      this.#waiters.set(name, waiters);
      waiters.add({ resolve, reject });
    });
  }

  #wake(name: string): void {
    const waiters = this.#waiters.get(name);
    this.#waiters.delete(name);
    for (const waiter of waiters ?? []) waiter.resolve();
  }
}

/** Whether this node has come to its end, or is about to: others will see to what it leaves behind. */
function isEnd(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'CLOSED' || code === 'FENCED';
}

/** Of which it is known that nothing has begun, or no harm is done by asking again. */
const passing: ReadonlySet<unknown> = new Set(['OVERLOADED', 'TIMEOUT', 'NODE_DOWN', 'UNKNOWN_OUTCOME']);

/** What asks for a warmer get where it is not known. */
export function unknownWarmer(
  cache: string,
  name: string,
  known: readonly string[],
  node?: string,
): CacheError {
  const list = known.length === 0 ? 'none' : known.join(', ');
  const where = node === undefined ? '' : `node '${node}': `;
  return new CacheError(
    'UNKNOWN_FUNCTION',
    `${where}cache '${cache}' has no warmer '${name}'; known: ${list}`,
  );
}
