import type { CallOptions, LocalAction, Mode, Reply } from '../action.ts';
import { CacheError } from '../errors.ts';
import type { CacheStats } from '../local/statistics.ts';
import { flag, optionsParameter } from '../parameters.ts';

/** Options of `stats`. */
export interface StatsOptions {
  /** Of all nodes together. A cache in one process is all there is of it. Default: `false`. */
  cluster?: boolean;
}

export interface Stats<M extends Mode> {
  /**
   * What has happened in this cache since it was created: hits, misses, their rates, writes, updates, removals, loads,
   * expirations, evictions, invocations, and calls by action. Counted only if the cache was created with `stats: true`,
   * else `INVALID_OPTION`.
   *
   * In a cluster it tells of the calls that this node has executed. `{ cluster: true }` adds those of all nodes up, and
   * computes the rates from the sums; a node that does not count: `INVALID_OPTION`, naming it; one that does not answer:
   * `PARTIAL_RESULT`.
   */
  stats(options?: StatsOptions & CallOptions[M]): Reply<M, CacheStats>;
}

export const stats: LocalAction<[options: StatsOptions | undefined], CacheStats> = {
  name: 'stats',
  effect: 'read',
  repeatable: true,
  route: { kind: 'local' },
  parameters: [optionsParameter<StatsOptions>({ cluster: flag })],
  result: 'plain',
  partial: true,
  execute(engine) {
    if (engine.statistics !== undefined) return engine.statistics.read();
    throw new CacheError(
      'INVALID_OPTION',
      `cache '${engine.name}' does not count statistics; create it with { stats: true }`,
    );
  },
};
