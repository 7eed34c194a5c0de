import type { CallOptions, MergedAction, Mode, Reply } from '../action.ts';
import { sum } from '../merge.ts';
import { optionsParameter } from '../parameters.ts';

export interface Purge<M extends Mode> {
  /**
   * Removes every entry that has expired, without waiting for a sweep or a read; answers how many that were. Each is
   * told by the event `expired` and counted as an expiration. Looks at every entry at once.
   *
   * In a cluster every node does so, and the answer is the sum. Fails with `PARTIAL_RESULT` when a partition could not be
   * reached, and with `TIMEOUT` or `UNKNOWN_OUTCOME`.
   */
  purge(options?: CallOptions[M]): Reply<M, number>;
}

export const purge: MergedAction<[options: object | undefined], number> = {
  name: 'purge',
  effect: 'write',
  repeatable: false,
  route: { kind: 'merged', merge: sum },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  execute(engine, partitions) {
    let removed = 0;
    for (const partition of partitions) removed += engine.purge(partition);
    return removed;
  },
};
