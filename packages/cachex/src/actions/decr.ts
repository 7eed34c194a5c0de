import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import type { Duration } from '../duration.ts';
import { keyParameter } from '../parameters.ts';
import { addTo, type CheckedStepOptions, step, stepOptions } from './incr.ts';

/** Options of `decr`. */
export interface DecrOptions {
  /** What a key without a live entry starts from, a safe integer. Default: 0. */
  default?: number;
  /**
   * Time to live of an entry that is created, in milliseconds or as a duration string; `null` never expires. One that is there
   * keeps its expiry. Default: the cache's `ttl`.
   */
  ttl?: Duration | null;
}

export interface Decr<K extends Key, M extends Mode> {
  /**
   * Subtracts `by` (default 1, may be negative) from the integer stored under `key` and answers the difference,
   * atomically. A key without a live entry starts from `default` (0) and gets `ttl`, or that of the cache; an entry
   * that is there keeps its expiry.
   *
   * `by` and `default` must be safe integers, else `INVALID_OPTION`. If the stored value is not a safe integer, or the
   * difference would not be one: `NON_NUMERIC_VALUE`, and nothing changes. In a cluster the key's owner subtracts; fails
   * also with `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  decr(key: K, by?: number, options?: DecrOptions & CallOptions[M]): Reply<M, number>;
}

export const decr: KeyedAction<[key: Key, by: number, options: CheckedStepOptions | undefined], number> = {
  name: 'decr',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, step, stepOptions],
  result: 'plain',
  execute: (engine, hash, key, by, options) => addTo(engine, hash, key, -by, options),
};
