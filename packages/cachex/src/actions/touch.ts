import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Touch<K extends Key, M extends Mode> {
  /**
   * Marks the entry of `key` as modified now; its value, and the instant at which it expires, stay. Counts as a use for
   * the eviction policy. Answers whether there was a live entry.
   *
   * In a cluster the key's owner does it. Fails with `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  touch(key: K, options?: CallOptions[M]): Reply<M, boolean>;
}

export const touch: KeyedAction<[key: Key, options: object | undefined], boolean> = {
  name: 'touch',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'plain',
  counts: (existed) => (existed ? 'updates' : undefined),
  execute(engine, hash, key) {
    const slot = engine.find(key, hash);
    if (slot !== none) engine.touch(slot);
    return slot !== none;
  },
};
