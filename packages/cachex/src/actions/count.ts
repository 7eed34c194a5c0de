import type { CallOptions, MergedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { sum } from '../merge.ts';
import { optionsParameter } from '../parameters.ts';

export interface Count<M extends Mode> {
  /**
   * How many live entries there are: expired ones that are still in memory are not counted. Looks at every entry; `size`
   * does not.
   *
   * In a cluster the sum over all owners; copies kept as backups are not counted. Fails with `PARTIAL_RESULT` when a
   * partition could not be asked, and with `TIMEOUT`.
   */
  count(options?: CallOptions[M]): Reply<M, number>;
}

export const count: MergedAction<[options: object | undefined], number> = {
  name: 'count',
  effect: 'read',
  repeatable: true,
  route: { kind: 'merged', merge: sum },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  execute(engine, partitions) {
    const { store } = engine;
    const now = engine.clock.now();
    let live = 0;
    for (const partition of partitions) {
      for (let slot = store.first(partition); slot !== none; slot = store.next(slot))
        if (store.expires(slot) > now) live += 1;
    }
    return live;
  },
};
