import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { type Duration, parseSignedDuration } from '../duration.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter, type Parameter } from '../parameters.ts';

export interface Expire<K extends Key, M extends Mode> {
  /**
   * Gives the entry of `key` a new time to live, counted from now, in milliseconds or as a duration string. `null`: it
   * never expires. Zero or less removes the entry, and a load of this key that is in flight is not stored. Answers
   * whether there was a live entry.
   *
   * In a cluster the key's owner does it. Fails with `INVALID_KEY`, `INVALID_OPTION`, `TIMEOUT`, `NODE_DOWN` or
   * `UNKNOWN_OUTCOME`.
   */
  expire(key: K, ttl: Duration | null, options?: CallOptions[M]): Reply<M, boolean>;
}

const newTtl: Parameter<number | null> = {
  kind: 'plain',
  check(input) {
    const ms = input === null ? null : parseSignedDuration('ttl', input);
    return ms === Number.POSITIVE_INFINITY ? null : ms;
  },
};

export const expire: KeyedAction<[key: Key, ttl: number | null, options: object | undefined], boolean> = {
  name: 'expire',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, newTtl, optionsParameter<object>({})],
  result: 'plain',
  counts(existed, _key, ttl) {
    if (!existed) return undefined;
    return removes(ttl) ? 'removals' : 'updates';
  },
  execute(engine, hash, key, ttl) {
    if (removes(ttl)) return engine.discard(key, hash);
    const slot = engine.peek(key, hash);
    if (slot !== none) engine.setExpiry(slot, ttl);
    return slot !== none;
  },
};

function removes(ttl: number | null): boolean {
  return ttl !== null && ttl <= 0;
}
