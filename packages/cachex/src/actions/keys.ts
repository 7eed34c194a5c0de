import type { Key } from '@cachex/router/hash';
import type { CallOptions, MergedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { concat } from '../merge.ts';
import { optionsParameter } from '../parameters.ts';

export interface Keys<K extends Key, M extends Mode> {
  /**
   * The keys of all live entries, each once, in no particular order.
   *
   * In a cluster those of every node, gathered on the caller. Fails with `PARTIAL_RESULT` when a partition could not be
   * asked, and with `TIMEOUT`.
   */
  keys(options?: CallOptions[M]): Reply<M, K[]>;
}

export const keys: MergedAction<[options: object | undefined], Key[]> = {
  name: 'keys',
  effect: 'read',
  repeatable: true,
  route: { kind: 'merged', merge: concat<Key>() },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  execute(engine, partitions) {
    const { store } = engine;
    const now = engine.clock.now();
    const live: Key[] = [];
    for (const partition of partitions) {
      for (let slot = store.first(partition); slot !== none; slot = store.next(slot))
        if (store.expires(slot) > now) live.push(store.key(slot));
    }
    return live;
  },
};
