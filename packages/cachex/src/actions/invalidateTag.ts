import type { CallOptions, MergedAction, Mode, Reply } from '../action.ts';
import { checkTag } from '../local/tags.ts';
import { sum } from '../merge.ts';
import { optionsParameter, type Parameter } from '../parameters.ts';

export interface InvalidateTag<M extends Mode> {
  /**
   * Removes every entry that was written with `tag` among its `tags`; answers how many live ones that were. A load in
   * flight whose result carries the tag is answered, and not stored. Looks at the entries with this tag alone.
   *
   * In a cluster every node does so, and the answer is the sum. Fails with `INVALID_OPTION`, with `PARTIAL_RESULT` when a
   * partition could not be reached, and with `TIMEOUT` or `UNKNOWN_OUTCOME`.
   */
  invalidateTag(tag: string, options?: CallOptions[M]): Reply<M, number>;
}

const tagParameter: Parameter<string> = { kind: 'plain', check: (input) => checkTag('tag', input) };

export const invalidateTag: MergedAction<[tag: string, options: object | undefined], number> = {
  name: 'invalidateTag',
  effect: 'write',
  repeatable: false,
  route: { kind: 'merged', merge: sum },
  parameters: [tagParameter, optionsParameter<object>({})],
  result: 'plain',
  execute(engine, partitions, tag) {
    let removed = 0;
    for (const partition of partitions) removed += engine.invalidateTag(partition, tag);
    engine.statistics?.add('removals', removed);
    return removed;
  },
};
