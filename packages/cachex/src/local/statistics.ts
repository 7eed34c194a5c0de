import type { Counter } from '../action.ts';

/** What `stats()` answers. Counted since the cache was created, on the node that executed the calls. */
export interface CacheStats {
  /** Reads that found a live entry. */
  readonly hits: number;
  /** Reads that did not. */
  readonly misses: number;
  /** Hits as a share of hits and misses, from 0 to 1; 0 before the first read. */
  readonly hitRate: number;
  /** Misses as a share of hits and misses, from 0 to 1; 0 before the first read. */
  readonly missRate: number;
  /** Entries written, whether new or overwritten. */
  readonly writes: number;
  /** Changes to entries that were there: their value, when they expire, or when they were last modified. */
  readonly updates: number;
  /** Entries removed on request. */
  readonly removals: number;
  /** Loaders that were run by `fetch`. */
  readonly loads: number;
  /** Commands that were executed by `invoke`, without those that failed. */
  readonly invocations: number;
  /** Expired entries removed, by a sweep or `purge`, or because a call found them. */
  readonly expirations: number;
  /** Live entries removed to make room. */
  readonly evictions: number;
  /** Calls that succeeded, by the name of the action. */
  readonly calls: Readonly<Record<string, number>>;
}

const nothing: Readonly<Record<Counter, number>> = {
  hits: 0,
  misses: 0,
  writes: 0,
  updates: 0,
  removals: 0,
  loads: 0,
  expirations: 0,
  evictions: 0,
  invocations: 0,
};

/** Counts what happens in one engine. */
export class Statistics {
  readonly #counters: Record<Counter, number> = { ...nothing };
  readonly #calls = new Map<string, number>();

  add(counter: Counter, amount = 1): void {
    this.#counters[counter] += amount;
  }

  /** A call of the action `name` succeeded. */
  called(name: string): void {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
  }

  read(): CacheStats {
    return rated(this.#counters, this.#calls);
  }
}

/** Statistics of several engines as those of one: counts are added up, and rates computed from the sums. */
export function mergeStatistics(parts: readonly CacheStats[]): CacheStats {
  const counters = { ...nothing };
  const calls = new Map<string, number>();
  for (const part of parts) {
    for (const name of Object.keys(counters) as Counter[]) counters[name] += part[name];
    for (const [name, amount] of Object.entries(part.calls)) calls.set(name, (calls.get(name) ?? 0) + amount);
  }
  return rated(counters, calls);
}

function rated(counters: Readonly<Record<Counter, number>>, calls: ReadonlyMap<string, number>): CacheStats {
  const { hits, misses } = counters;
  const reads = hits + misses;
  return {
    ...counters,
    hitRate: reads === 0 ? 0 : hits / reads,
    missRate: reads === 0 ? 0 : misses / reads,
    calls: Object.fromEntries(calls),
  };
}
