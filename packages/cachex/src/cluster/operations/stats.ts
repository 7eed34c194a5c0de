import { type StatsOptions, stats as statsAction } from '../../actions/stats.ts';
import { executeAction } from '../../bind.ts';
import { CacheError } from '../../errors.ts';
import type { Operation } from '../operation.ts';

/** What this node has counted. */
export const stats: Operation =
  ({ engine, node }) =>
  (_context, options: StatsOptions | undefined): unknown => {
    if (engine.statistics !== undefined) return executeAction(engine, statsAction, [], [options]);
    throw new CacheError(
      'INVALID_OPTION',
      `cluster: node '${node.id}' does not count statistics of '${engine.name}'; open it with { stats: true } on every node`,
    );
  };
