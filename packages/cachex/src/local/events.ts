import { EventEmitter } from 'node:events';
import type { Key } from '@cachex/router/hash';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';

/** What a cache reports of its own accord, with the arguments each listener gets. */
export interface CacheEvents<K extends Key = Key> {
  /** An entry's time had come, and it was removed: by a sweep or `purge`, or because a call found it. */
  expired: [key: K];
  /** Something failed where no caller could be told. Without a listener it is dropped. */
  error: [error: unknown];
}

/** The names of all events. */
const eventNames: readonly (keyof CacheEvents)[] = ['expired', 'error'];

/** An emitter that never throws into the code that reports. What is no event or no listener is refused with `INVALID_OPTION`. */
export class Events {
  readonly #emitter = new EventEmitter();

  constructor() {
    // How many listen is the user's affair.
    this.#emitter.setMaxListeners(0);
  }

  on<N extends keyof CacheEvents>(event: N, listener: (...args: CacheEvents[N]) => void): void {
    checkListener(eventNames, event, listener);
    this.#emitter.on(event, listener);
  }

  off<N extends keyof CacheEvents>(event: N, listener: (...args: CacheEvents[N]) => void): void {
    checkListener(eventNames, event, listener);
    this.#emitter.off(event, listener);
  }

  /** An entry expired. A listener that throws is reported as an error. */
  expired(key: Key): void {
    if (this.#emitter.listenerCount('expired') === 0) return;
    try {
      this.#emitter.emit('expired', key);
    } catch (error) {
      this.error(error);
    }
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
