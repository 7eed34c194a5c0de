import type { Clock } from './clock.ts';
import { RouterError } from './errors.ts';

/** What a handler is told about the call beside its arguments. */
export interface CallContext {
  /** The hash of the key, for calls to the owner of a key; else 0. */
  readonly hash: number;
  /** The partitions to cover, for calls to partitions; else empty. */
  readonly partitions: Iterable<number>;
}

/** Answers one call, synchronously or by a promise. What it throws reaches the caller rebuilt. */
// biome-ignore lint/suspicious/noExplicitAny: handlers state their own argument types; the caller's side is typed elsewhere.
export type Handler = (context: CallContext, ...args: any[]) => unknown;

/** The state behind a service, by partition, as it moves with ownership. */
export interface Replica {
  /** This node does not own the partition any more: forget it. */
  drop(partition: number): void;
}

/** What a node offers under one name. */
export interface Service {
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly replica?: Replica;
}

/** The services open at this node. A call for one that is yet to be opened waits, within its deadline. */
export class Services {
  readonly #clock: Clock;
  readonly #open = new Map<string, Service>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(name: string, service: Service): void {
    if (name.length === 0 || Buffer.byteLength(name) > 255) {
      throw new RouterError('INVALID_OPTION', `'${name}' is not a service name: use 1 to 255 bytes`);
    }
    if (this.#open.has(name))
      throw new RouterError('INVALID_OPTION', `'${name}' is already open at this node`);
    this.#open.set(name, service);
    for (const wake of this.#waiting.get(name) ?? []) wake();
    this.#waiting.delete(name);
  }

  remove(name: string): void {
    this.#open.delete(name);
  }

  get(name: string): Service | undefined {
    return this.#open.get(name);
  }

  all(): Iterable<Service> {
    return this.#open.values();
  }

  /** Resolves once the service is opened or `ms` have passed. */
  opened(name: string, ms: number): Promise<void> {
    if (this.#open.has(name)) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name) ?? new Set();
      this.#waiting.set(name, waiting);
      const wake = (): void => {
        timer.cancel();
        waiting.delete(wake);
        resolve();
      };
      const timer = this.#clock.after(Math.max(0, ms), wake);
      waiting.add(wake);
    });
  }
}
