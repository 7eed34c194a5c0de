import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Del<K extends Key, M extends Mode> {
  /**
   * Removes the entry of `key`; answers whether a live entry was removed. A load of this key that is in flight still
   * answers those who wait for it, but its result is not stored.
   *
   * In a cluster the key's owner removes it. Fails with `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  del(key: K, options?: CallOptions[M]): Reply<M, boolean>;
  /** The same as `del`. */
  delete(key: K, options?: CallOptions[M]): Reply<M, boolean>;
}

export const del: KeyedAction<[key: Key, options: object | undefined], boolean> = {
  name: 'del',
  aliases: ['delete'],
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'plain',
  counts: (removed) => (removed ? 'removals' : undefined),
  execute: (engine, hash, key) => engine.discard(key, hash),
};
