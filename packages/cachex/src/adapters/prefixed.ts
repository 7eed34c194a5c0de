import type { ClusterCache } from '../cluster/cluster-cache.ts';
import type { Query, Select } from '../query/query.ts';

/** A cache whose entries can be walked through; what a local one answers at once is awaited like the rest. */
export interface Walked {
  stream(query: Query<Select>): Iterable<unknown> | AsyncIterable<unknown>;
}

/** How many keys are removed by one call. */
const together = 1_000;

/** The keys of a cache that begin with `prefix`. They are sought where they are: nothing else of the cache travels. */
export function keysWith(cache: Walked, prefix: string): Iterable<string> | AsyncIterable<string> {
  const where = { key: { startsWith: prefix } };
  return cache.stream({ where, select: 'key' }) as AsyncIterable<string>;
}

/** The entries of a cache whose keys begin with `prefix`. */
export async function* entriesWith<T>(cache: Walked, prefix: string): AsyncGenerator<[string, T], void> {
  const where = { key: { startsWith: prefix } };
  const entries = cache.stream({ where, select: ['key', 'value'] });
  for await (const { key, value } of entries as AsyncIterable<{ key: string; value: T }>) yield [key, value];
}

/** Removes the entries whose keys begin with `prefix`; without one, all there are. */
export async function clearWith(
  cache: Walked & Pick<ClusterCache<string, unknown>, 'clear' | 'delMany'>,
  prefix: string,
): Promise<void> {
  if (prefix === '') {
    await cache.clear();
    return;
  }
  const keys: string[] = [];
  for await (const key of keysWith(cache, prefix)) {
    keys.push(key);
    if (keys.length === together) await cache.delMany(keys.splice(0));
  }
  await cache.delMany(keys);
}
