import { EventEmitter } from 'node:events';
import type { Key } from '@cachex/router/hash';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { SweepReport } from './expiry.ts';
import type { ServiceEvents } from './service-events.ts';

/** What a cache reports of its own accord, with the arguments each listener gets. */
export interface CacheEvents<K extends Key = Key> {
  /** An entry's time had come, and it was removed: by a sweep or `purge`, or because a call found it. */
  expired: [key: K];
  /** A live entry was removed to make room: by `prune`, or because of a `limit`. */
  evicted: [key: K];
  /** Something failed where no caller could be told. Without a listener it is dropped. */
  error: [error: unknown];
}

/** The names of all events. */
const eventNames: readonly (keyof CacheEvents)[] = ['expired', 'evicted', 'error'];

/** Tells service hooks. */
type Served = <N extends keyof ServiceEvents>(event: N, args: ServiceEvents[N]) => void;

/** An emitter that never throws into the code that reports. What is no event or no listener is refused with `INVALID_OPTION`. */
export class Events {
  readonly #emitter = new EventEmitter();
  readonly #served: Served | undefined;
  /** Whether somebody listens: on the way of every eviction, an emitter without listeners would take the longer part. */
  #heard = false;

  /** `served` is told of everything as well, for service hooks. */
  constructor(served?: Served) {
    this.#served = served;
    this.#heard = served !== undefined;
    // How many listen is the user's affair.
    this.#emitter.setMaxListeners(0);
  }

  on<N extends keyof CacheEvents>(event: N, listener: (...args: CacheEvents[N]) => void): void {
    checkListener(eventNames, event, listener);
    this.#emitter.on(event, listener);
    this.#heard = true;
  }

  off<N extends keyof CacheEvents>(event: N, listener: (...args: CacheEvents[N]) => void): void {
    checkListener(eventNames, event, listener);
    this.#emitter.off(event, listener);
  }

  /** Whether code of the user may run when an entry expires or is evicted. */
  get heard(): boolean {
    return this.#heard;
  }

  /** An entry expired. A listener that throws is reported as an error. */
  expired(key: Key): void {
    if (this.#heard) this.#removed('expired', key);
  }

  /** A live entry was removed to make room. */
  evicted(key: Key): void {
    if (this.#heard) this.#removed('evicted', key);
  }

  /** Everything was removed on request. */
  cleared(removed: number): void {
    this.#served?.('cleared', [removed]);
  }

  /** A sweep has come to its end. */
  swept(report: SweepReport): void {
    this.#served?.('swept', [report]);
  }

  /** Partitions went to another node. */
  moved(to: string, partitions: readonly number[]): void {
    this.#served?.('moved', [{ to, partitions }]);
  }

  /** A warmer has run. */
  warmed(name: string, written: number): void {
    this.#served?.('warmed', [name, written]);
  }

  /** Something failed. A listener that throws has nowhere to report to but the process. */
  error(error: unknown): void {
    if (this.#emitter.listenerCount('error') === 0) return;
    try {
      this.#emitter.emit('error', error);
    } catch (failure) {
      queueMicrotask(() => {
        throw failure;
      });
    }
  }

  #removed(event: 'expired' | 'evicted', key: Key): void {
    this.#served?.(event, [key]);
    if (this.#emitter.listenerCount(event) === 0) return;
    try {
      this.#emitter.emit(event, key);
    } catch (error) {
      this.error(error);
    }
  }
}

/** Refuses with `INVALID_OPTION` what is no event of that list, or no function to call. */
export function checkListener(events: readonly string[], event: unknown, listener: unknown): void {
  if (typeof event !== 'string' || !events.includes(event)) {
    const hint = suggestion(typeof event === 'string' ? event : '', events);
    throw new CacheError('INVALID_OPTION', `event: ${describe(event)} is not an event; ${hint}`);
  }
  if (typeof listener === 'function') return;
  throw new CacheError('INVALID_OPTION', `listener: ${describe(listener)} is not a function`);
}
