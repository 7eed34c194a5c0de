import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Take<K extends Key, V, M extends Mode> {
  /**
   * Removes the entry of `key` and answers its value, atomically; `undefined` when there is no live entry. Of several
   * who take one entry, one gets it. A load of this key that is in flight still answers those who wait for it, but its
   * result is not stored. In the statistics it is a hit and a removal, or a miss.
   *
   * In a cluster the key's owner does it. Fails with `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN`, or with `UNKNOWN_OUTCOME`:
   * then the entry may be gone, and its value with it.
   */
  take(key: K, options?: CallOptions[M]): Reply<M, V | undefined>;
}

export const take: KeyedAction<[key: Key, options: object | undefined], unknown> = {
  name: 'take',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'value',
  counts: (result) => (result === undefined ? 'misses' : 'hits'),
  execute(engine, hash, key) {
    const held = engine.take(key, hash);
    if (held !== undefined) engine.statistics?.add('removals');
    return held;
  },
};
