import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Exists<K extends Key, M extends Mode> {
  /**
   * Whether there is a live entry of `key`. Unlike `get`, this does not count as a use for the eviction policy; in the
   * statistics it is a hit or a miss.
   *
   * In a cluster the key's owner answers. Fails with `INVALID_KEY`, `TIMEOUT` or `NODE_DOWN`.
   */
  exists(key: K, options?: CallOptions[M]): Reply<M, boolean>;
  /** The same as `exists`. */
  has(key: K, options?: CallOptions[M]): Reply<M, boolean>;
}

export const exists: KeyedAction<[key: Key, options: object | undefined], boolean> = {
  name: 'exists',
  aliases: ['has'],
  effect: 'read',
  repeatable: true,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'plain',
  near: 'presence',
  counts: (present) => (present ? 'hits' : 'misses'),
  execute: (engine, hash, key) => engine.peek(key, hash) !== none,
};
