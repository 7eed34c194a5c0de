import type { CallOptions, MergedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { every } from '../merge.ts';
import { optionsParameter } from '../parameters.ts';

export interface IsEmpty<M extends Mode> {
  /**
   * Whether there is no live entry; expired ones that are still in memory do not count. Stops at the first live entry.
   *
   * In a cluster whether no node has one. Fails with `PARTIAL_RESULT` when a partition could not be asked, and with
   * `TIMEOUT`; with `{ partial: 'allow' }`, `true` is said of those that were asked.
   */
  isEmpty(options?: CallOptions[M]): Reply<M, boolean>;
}

export const isEmpty: MergedAction<[options: object | undefined], boolean> = {
  name: 'isEmpty',
  effect: 'read',
  repeatable: true,
  route: { kind: 'merged', merge: every },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  execute(engine, partitions) {
    const { store } = engine;
    const now = engine.clock.now();
    for (const partition of partitions) {
      for (let slot = store.first(partition); slot !== none; slot = store.next(slot))
        if (store.expires(slot) > now) return false;
    }
    return true;
  },
};
