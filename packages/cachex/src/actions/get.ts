import { hashKey, type Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { anything, checkKey, keyParameter, optionsParameter } from '../parameters.ts';

/** Options of `get`. */
export interface GetOptions<V> {
  /** What to answer instead of `undefined`: on a miss, and for a stored `undefined`. It is not stored. */
  default?: V;
}

export interface Get<K extends Key, V, M extends Mode> {
  /**
   * Reads the value of `key`: the value, or `undefined` (or `default`) when there is no live entry. A stored `null` is a
   * value. Counts as a use for the eviction policy.
   *
   * In a cluster the key's owner answers. Rejects with `INVALID_KEY`, `TIMEOUT` or `NODE_DOWN`.
   */
  get(key: K, options?: GetOptions<V> & CallOptions[M]): Reply<M, V | undefined>;
}

export const get: KeyedAction<[key: Key, options: GetOptions<unknown> | undefined], unknown> = {
  name: 'get',
  effect: 'read',
  repeatable: true,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<GetOptions<unknown>>({ default: anything }, ['default'])],
  result: 'value',
  near: 'value',
  counts: (result) => (result === undefined ? 'misses' : 'hits'),
  execute: (engine, hash, key) => engine.read(key, hash),
  finish: (value, _key, options) => (value === undefined ? options?.default : value),
  direct(engine, general) {
    const { values, statistics } = engine;
    const calls = statistics?.calls('get');
    return (input, options) => {
      if (options !== undefined || engine.closed) return general(input, options);
      const key = checkKey(input);
      const held = engine.read(key, hashKey(key) | 0);
      if (calls !== undefined) {
        calls.amount += 1;
        statistics!.add(held === undefined ? 'misses' : 'hits');
      }
      return held === undefined ? undefined : values.open(held);
    };
  },
};
