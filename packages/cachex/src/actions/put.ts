import { hashKey, type Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import type { Duration } from '../duration.ts';
import { tagList } from '../local/tags.ts';
import { checkKey, keyParameter, optionsParameter, timeToLive, valueParameter } from '../parameters.ts';

/** Options of `put`. */
export interface PutOptions {
  /** Time to live, in milliseconds or as a duration string; `null` never expires. Default: the cache's `ttl`. */
  ttl?: Duration | null;
  /** What `invalidateTag` finds the entry by: at most 64 strings of 1 to 256 characters. Default: none. */
  tags?: readonly string[];
}

interface CheckedPutOptions {
  ttl?: number | null;
  tags?: readonly string[];
}

export interface Put<K extends Key, V, M extends Mode> {
  /**
   * Stores `value` under `key`, overwriting value, expiry and tags of an entry that is there.
   *
   * Locally the value is held by reference, unless the cache was created with `clone: true`. In a cluster it is encoded
   * by the caller and kept by the key's owner. Rejects with `INVALID_KEY`, `INVALID_OPTION`, `NOT_SERIALIZABLE`,
   * `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  put(key: K, value: V, options?: PutOptions & CallOptions[M]): Reply<M, void>;
  /** The same as `put`. */
  set(key: K, value: V, options?: PutOptions & CallOptions[M]): Reply<M, void>;
}

export const put: KeyedAction<[key: Key, value: unknown, options: CheckedPutOptions | undefined], void> = {
  name: 'put',
  aliases: ['set'],
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [
    keyParameter,
    valueParameter,
    optionsParameter<CheckedPutOptions>({ ttl: timeToLive, tags: tagList }),
  ],
  result: 'plain',
  counts: () => 'writes',
  execute(engine, hash, key, value, options) {
    engine.write(key, hash, value, options?.ttl, options);
  },
  direct(engine, general) {
    const { values, statistics } = engine;
    const calls = statistics?.calls('put');
    return (input, value, options) => {
      if (options !== undefined || engine.closed) return general(input, value, options);
      const key = checkKey(input);
      // First: a getter of the value may change an array that is the key.
      const held = values.hold(value);
      engine.write(key, hashKey(key) | 0, held);
      if (calls === undefined) return;
      calls.amount += 1;
      statistics!.add('writes');
    };
  },
};
