import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { keyParameter, optionsParameter, safeInteger } from '../parameters.ts';
import { addTo, step } from './incr.ts';

/** Options of `decr`. */
export interface DecrOptions {
  /** What a key without a live entry starts from, a safe integer. Default: 0. */
  default?: number;
}

export interface Decr<K extends Key, M extends Mode> {
  /**
   * Subtracts `by` (default 1, may be negative) from the integer stored under `key` and answers the difference,
   * atomically. A key without a live entry starts from `default` (0) and gets the cache's `ttl`; an entry that is there
   * keeps its expiry.
   *
   * `by` and `default` must be safe integers, else `INVALID_OPTION`. If the stored value is not a safe integer, or the
   * difference would not be one: `NON_NUMERIC_VALUE`, and nothing changes. In a cluster the key's owner subtracts; fails
   * also with `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  decr(key: K, by?: number, options?: DecrOptions & CallOptions[M]): Reply<M, number>;
}

export const decr: KeyedAction<[key: Key, by: number, options: DecrOptions | undefined], number> = {
  name: 'decr',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, step, optionsParameter<DecrOptions>({ default: safeInteger })],
  result: 'plain',
  execute: (engine, hash, key, by, options) => addTo(engine, hash, key, -by, options?.default),
};
