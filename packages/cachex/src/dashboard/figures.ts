import type { CacheVitals, NodeVitals } from '../cluster/vitals.ts';
import type { CacheStats } from '../local/statistics.ts';
import type { Latency } from './frame.ts';

/** What a node said of itself at `at`, in ms of the clock of this node. */
export interface Reading {
  readonly at: number;
  readonly vitals: NodeVitals;
}

/** What was done in a second, of what was counted at two times. */
export interface Rates {
  readonly calls: number | null;
  readonly hitRate: number | null;
  readonly evictions: number | null;
  readonly loads: number | null;
}

export const unknownRates: Rates = { calls: null, hitRate: null, evictions: null, loads: null };

/** The rates of some caches together, from pairs of what each had counted before and has counted now, `ms` apart. */
export function ratesOf(pairs: readonly (readonly [CacheStats, CacheStats])[], ms: number): Rates {
  if (pairs.length === 0 || ms <= 0) return unknownRates;
  const grown = (count: (stats: CacheStats) => number): number =>
    pairs.reduce((sum, [before, now]) => sum + Math.max(0, count(now) - count(before)), 0);
  const hits = grown((stats) => stats.hits);
  const reads = hits + grown((stats) => stats.misses);
  const aSecond = (amount: number): number => (amount / ms) * 1_000;
  return {
    calls: aSecond(grown((stats) => Object.values(stats.calls).reduce((sum, calls) => sum + calls, 0))),
    hitRate: reads === 0 ? null : hits / reads,
    evictions: aSecond(grown((stats) => stats.evictions)),
    loads: aSecond(grown((stats) => stats.loads)),
  };
}

/** Pairs of what the caches of one node had counted, those that `names` and that both readings have. */
export function countedBetween(
  before: NodeVitals,
  now: NodeVitals,
  named: (name: string) => boolean = () => true,
): (readonly [CacheStats, CacheStats])[] {
  return Object.entries(now.caches).flatMap(([name, { stats }]) => {
    const earlier = before.caches[name]?.stats ?? null;
    return named(name) && stats !== null && earlier !== null ? [[earlier, stats] as const] : [];
  });
}

/** Percentiles of how long calls took between two readings, of all caches of a node; `null` if none was timed. */
export function latencyBetween(before: NodeVitals, now: NodeVitals): Latency | null {
  const counts = new Map<number, number>();
  for (const [name, cache] of Object.entries(now.caches)) {
    const earlier = new Map(latencies(before.caches[name]));
    for (const [ms, calls] of latencies(cache)) {
      const grown = calls - (earlier.get(ms) ?? 0);
      if (grown > 0) counts.set(ms, (counts.get(ms) ?? 0) + grown);
    }
  }
  const sorted = [...counts].sort(([one], [other]) => one - other);
  const total = sorted.reduce((sum, [, calls]) => sum + calls, 0);
  if (total === 0) return null;
  const percentile = (share: number): number => {
    let seen = 0;
    for (const [ms, calls] of sorted) {
      seen += calls;
      if (seen >= total * share) return ms;
    }
    return sorted.at(-1)![0];
  };
  return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) };
}

function latencies(cache: CacheVitals | undefined): readonly (readonly [ms: number, calls: number])[] {
  return cache?.calls?.latencies ?? [];
}
