import type { CallOptions, LocalAction, Mode, Reply } from '../action.ts';
import { CacheError } from '../errors.ts';
import type { CacheStats } from '../local/statistics.ts';
import { optionsParameter } from '../parameters.ts';

export interface Stats<M extends Mode> {
  /**
   * What has happened in this cache since it was created: hits, misses, their rates, writes, updates, removals, loads,
   * expirations, and calls by action. Counted only if the cache was created with `stats: true`, else `INVALID_OPTION`.
   *
   * In a cluster it tells of the calls that this node has executed.
   */
  stats(options?: CallOptions[M]): Reply<M, CacheStats>;
}

export const stats: LocalAction<[options: object | undefined], CacheStats> = {
  name: 'stats',
  effect: 'read',
  repeatable: true,
  route: { kind: 'local' },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  execute(engine) {
    if (engine.statistics !== undefined) return engine.statistics.read();
    throw new CacheError(
      'INVALID_OPTION',
      `cache '${engine.name}' does not count statistics; create it with { stats: true }`,
    );
  },
};
