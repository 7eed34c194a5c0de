import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Persist<K extends Key, M extends Mode> {
  /**
   * Removes the expiry of the entry of `key`, so that it lives until it is removed; the same as `expire(key, null)`.
   * Answers whether there was a live entry, with or without an expiry.
   *
   * In a cluster the key's owner does it. Fails with `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  persist(key: K, options?: CallOptions[M]): Reply<M, boolean>;
}

export const persist: KeyedAction<[key: Key, options: object | undefined], boolean> = {
  name: 'persist',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'plain',
  counts: (existed) => (existed ? 'updates' : undefined),
  execute(engine, hash, key) {
    const slot = engine.peek(key, hash);
    if (slot !== none) engine.setExpiry(slot, null);
    return slot !== none;
  },
};
