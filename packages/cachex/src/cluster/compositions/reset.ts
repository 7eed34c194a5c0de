import { checkReset, type ResetOptions, resets } from '../../actions/reset.ts';
import { sum } from '../../merge.ts';
import { operationHandler } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { askEveryNode } from '../every-node.ts';
import { mergeParts } from '../merge-parts.ts';

/** First all partitions, wherever they are; then all nodes, because hooks do not go by partitions. */
export const reset: Composition<[options: ResetOptions | undefined]> = {
  applies: () => true,
  toldElsewhere: () => true,
  async compose(caller, options): Promise<number> {
    checkReset(caller.engine, options);
    const removed = resets(options, 'cache')
      ? await mergeParts('reset', sum, caller.operateAll('clear', []), caller.settings)
      : 0;
    await askEveryNode(caller, operationHandler('reset'), [options], {
      name: 'reset',
      merge: { name: 'none', combine: () => undefined },
      repeatable: false,
    });
    return removed;
  },
};
