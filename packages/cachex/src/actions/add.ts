import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import type { Duration } from '../duration.ts';
import { none } from '../local/store.ts';
import { tagList } from '../local/tags.ts';
import { keyParameter, optionsParameter, timeToLive, valueParameter } from '../parameters.ts';

/** Options of `add`. */
export interface AddOptions {
  /** Time to live, in milliseconds or as a duration string; `null` never expires. Default: the cache's `ttl`. */
  ttl?: Duration | null;
  /** What `invalidateTag` finds the entry by: at most 64 strings of 1 to 256 characters. Default: none. */
  tags?: readonly string[];
}

interface CheckedAddOptions {
  ttl?: number | null;
  tags?: readonly string[];
}

export interface Add<K extends Key, V, M extends Mode> {
  /**
   * Stores `value` under `key` only if there is no live entry, atomically; answers whether it did. An entry that is
   * there keeps its value and its expiry, and this does not count as a use of it. A load of this key that is in flight
   * is overtaken by what is added.
   *
   * In a cluster the key's owner decides: of several nodes that add at the same time, one is told `true`. Fails with
   * `INVALID_KEY`, `INVALID_OPTION`, `NOT_SERIALIZABLE`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  add(key: K, value: V, options?: AddOptions & CallOptions[M]): Reply<M, boolean>;
}

export const add: KeyedAction<[key: Key, value: unknown, options: CheckedAddOptions | undefined], boolean> = {
  name: 'add',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [
    keyParameter,
    valueParameter,
    optionsParameter<CheckedAddOptions>({ ttl: timeToLive, tags: tagList }),
  ],
  result: 'plain',
  counts: (added) => (added ? 'writes' : undefined),
  execute(engine, hash, key, value, options) {
    if (engine.peek(key, hash) !== none) return false;
    engine.write(key, hash, value, options?.ttl, options);
    return true;
  },
};
