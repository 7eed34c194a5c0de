import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Refresh<K extends Key, M extends Mode> {
  /**
   * Starts the entry's own time to live anew: it lives as long from now as it was last given, by a write, `expire` or
   * `expireAt`. An entry that never expires stays so. Answers whether there was a live entry.
   *
   * In a cluster the key's owner does it, by its own clock. Fails with `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or
   * `UNKNOWN_OUTCOME`.
   */
  refresh(key: K, options?: CallOptions[M]): Reply<M, boolean>;
}

export const refresh: KeyedAction<[key: Key, options: object | undefined], boolean> = {
  name: 'refresh',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'plain',
  counts: (existed) => (existed ? 'updates' : undefined),
  execute(engine, hash, key) {
    const slot = engine.peek(key, hash);
    if (slot !== none) engine.setExpiry(slot, engine.store.ttl(slot));
    return slot !== none;
  },
};
