import type { CallOptions, MergedAction, Mode, Reply } from '../action.ts';
import { sum } from '../merge.ts';
import { optionsParameter } from '../parameters.ts';

export interface Size<M extends Mode> {
  /**
   * How many entries are in memory, expired ones included. Takes no time to speak of, whatever the number.
   *
   * In a cluster the sum over all owners; copies kept as backups are not counted. Rejects with `PARTIAL_RESULT` when a
   * partition could not be asked.
   */
  size(options?: CallOptions[M]): Reply<M, number>;
}

export const size: MergedAction<[options: object | undefined], number> = {
  name: 'size',
  effect: 'read',
  repeatable: true,
  route: { kind: 'merged', merge: sum },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  execute: (engine, partitions) => engine.store.size(partitions),
};
