import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter, type Parameter } from '../parameters.ts';

export interface ExpireAt<K extends Key, M extends Mode> {
  /**
   * Lets the entry of `key` expire at an instant: a `Date`, or milliseconds since 1970 as `Date.now()` counts them
   * (`Infinity`: it never expires). An instant that is not in the future removes the entry, and a load of this key that
   * is in flight is not stored. Answers whether there was a live entry.
   *
   * The time that is left is worked out once, when this is called; setting the wall clock afterwards changes nothing. In
   * a cluster the key's owner does it, by its own wall clock. Fails with `INVALID_KEY`, `INVALID_OPTION`, `TIMEOUT`,
   * `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  expireAt(key: K, instant: Date | number, options?: CallOptions[M]): Reply<M, boolean>;
}

/**
 * Travels as the instant itself, in milliseconds since 1970: only the owner works out what is left, so that neither the
 * caller's clock nor the time on the way counts.
 */
const instantParameter: Parameter<number> = {
  kind: 'plain',
  check(input) {
    const ms = input instanceof Date ? input.getTime() : input;
    if (typeof ms === 'number' && !Number.isNaN(ms)) return ms;
    const given = input instanceof Date ? 'an invalid date' : describe(input);
    throw new CacheError(
      'INVALID_OPTION',
      `instant: ${given} is not an instant; use a Date, or milliseconds since 1970`,
    );
  },
};

export const expireAt: KeyedAction<[key: Key, instant: number, options: object | undefined], boolean> = {
  name: 'expireAt',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, instantParameter, optionsParameter<object>({})],
  result: 'plain',
  execute(engine, hash, key, instant) {
    const left = instant - engine.clock.wallTime();
    if (left <= 0) {
      const removed = engine.discard(key, hash);
      if (removed) engine.statistics?.add('removals');
      return removed;
    }
    const slot = engine.peek(key, hash);
    if (slot === none) return false;
    engine.setExpiry(slot, left === Number.POSITIVE_INFINITY ? null : left);
    engine.statistics?.add('updates');
    return true;
  },
};
