import type { CallOptions, MergedAction, Mode, Reply } from '../action.ts';
import { sum } from '../merge.ts';
import { optionsParameter } from '../parameters.ts';

export interface Clear<M extends Mode> {
  /**
   * Removes everything; answers how many entries were removed from memory, expired ones included. Loads in flight still
   * answer those who wait for them, but cannot bring an entry back.
   *
   * In a cluster every node does so, and the answer is the sum. Fails with `PARTIAL_RESULT` when a partition could not be
   * reached, and with `TIMEOUT` or `UNKNOWN_OUTCOME`.
   */
  clear(options?: CallOptions[M]): Reply<M, number>;
}

export const clear: MergedAction<[options: object | undefined], number> = {
  name: 'clear',
  effect: 'write',
  repeatable: false,
  route: { kind: 'merged', merge: sum },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  execute(engine, partitions) {
    let removed = 0;
    for (const partition of partitions) removed += engine.clear(partition);
    engine.statistics?.add('removals', removed);
    engine.events.cleared(removed);
    return removed;
  },
};
