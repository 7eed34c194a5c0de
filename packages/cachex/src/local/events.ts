import { EventEmitter } from 'node:events';
import type { Key } from '@cachex/router/hash';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';

/** What a cache reports of its own accord, with the arguments each listener gets. */
export interface CacheEvents<K extends Key = Key> {
  /** An entry's time had come, and it was removed: by a sweep, or because a read found it. */
  expired: [key: K];
  /** Something failed where no caller could be told. Without a listener it is dropped. */
  error: [error: unknown];
}

/** The names of all events. */
const eventNames: readonly (keyof CacheEvents)[] = ['expired', 'error'];

/** An emitter that never throws into the code that reports. A name that is no event is refused with `INVALID_OPTION`. */
export class Events {
  readonly #emitter = new EventEmitter();

  on<N extends keyof CacheEvents>(event: N, listener: (...args: CacheEvents[N]) => void): void {
    this.#emitter.on(known(event), listener);
  }

  off<N extends keyof CacheEvents>(event: N, listener: (...args: CacheEvents[N]) => void): void {
    this.#emitter.off(known(event), listener);
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

function known(name: string): keyof CacheEvents {
  const event = eventNames.find((known) => known === name);
  if (event !== undefined) return event;
  throw new CacheError(
    'INVALID_OPTION',
    `event: ${describe(name)} is not an event; ${suggestion(String(name), eventNames)}`,
  );
}
