import { createCache, type PolicyName } from 'cachex';
import type { Trace } from './traces.ts';

/** The share of hits where every access is a `get`, and a `put` where that misses, in a cache of `capacity` entries. */
export function hitRatioOf(policy: PolicyName, { accesses }: Trace, capacity: number): number {
  const cache = createCache<number, true>({ limit: { size: capacity, policy } });
  let hits = 0;
  for (const id of accesses) {
    if (cache.get(id) !== undefined) hits += 1;
    else cache.put(id, true);
  }
  cache.close();
  return hits / accesses.length;
}
