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

/** How many calls there were of one action. */
export interface Calls {
  amount: number;
}

/** Counts what happens in one engine. */
export class Statistics {
  readonly #counters: Record<Counter, number> = { ...nothing };
  readonly #calls = new Map<string, Calls>();

  add(counter: Counter, amount = 1): void {
    this.#counters[counter] += amount;
  }

  /** How many calls of the action `name` succeeded: to be raised by who makes them. */
  calls(name: string): Calls {
    let calls = this.#calls.get(name);
    if (calls === undefined) {
      calls = { amount: 0 };
      this.#calls.set(name, calls);
    }
    return calls;
  }

  read(): CacheStats {
    const calls = new Map<string, number>();
    for (const [name, { amount }] of this.#calls) if (amount > 0) calls.set(name, amount);
    return rated(this.#counters, calls);
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
