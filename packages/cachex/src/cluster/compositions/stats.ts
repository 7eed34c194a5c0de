import type { StatsOptions } from '../../actions/stats.ts';
import { type CacheStats, mergeStatistics } from '../../local/statistics.ts';
import { operationHandler } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { askEveryNode } from '../every-node.ts';

export const stats: Composition<[options: StatsOptions | undefined]> = {
  applies: (options) => options?.cluster === true,
  toldElsewhere: () => true,
  compose: (caller, options): Promise<CacheStats> =>
    askEveryNode(caller, operationHandler('stats'), [options], {
      name: 'stats',
      merge: { name: 'statistics', combine: mergeStatistics },
      repeatable: true,
    }),
};
