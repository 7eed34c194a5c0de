import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import type { Duration } from '../duration.ts';
import { keyParameter, optionsParameter, timeToLive, valueParameter } from '../parameters.ts';

/** Options of `put`. */
export interface PutOptions {
  /** Time to live, in milliseconds or as a duration string; `null` never expires. Default: the cache's `ttl`. */
  ttl?: Duration | null;
}

interface CheckedPutOptions {
  ttl?: number | null;
}

export interface Put<K extends Key, V, M extends Mode> {
  /**
   * Stores `value` under `key`, overwriting value and expiry of an entry that is there.
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
  parameters: [keyParameter, valueParameter, optionsParameter<CheckedPutOptions>({ ttl: timeToLive })],
  result: 'plain',
  counts: () => 'writes',
  execute(engine, hash, key, value, options) {
    engine.write(key, hash, value, options?.ttl);
  },
};
