import type { ClusterCache } from '../cluster/cluster-cache.ts';

/** What another library gives to be stored, and for how many ms: zero or less if its time is over. */
export interface Timed {
  readonly key: string;
  readonly value: unknown;
  /** Without, it lives as long as the cache says. */
  readonly left: number | undefined;
}

/** Stores one. */
export async function write(
  cache: Pick<ClusterCache<string, unknown>, 'put' | 'del'>,
  { key, value, left }: Timed,
): Promise<void> {
  if (left === undefined) await cache.put(key, value);
  else if (left <= 0) await cache.del(key);
  else await cache.put(key, value, { ttl: left });
}

/** Stores many; those that live equally long together. Of two for one key the last one stays. */
export async function writeMany(
  cache: Pick<ClusterCache<string, unknown>, 'putMany' | 'delMany'>,
  given: readonly Timed[],
): Promise<void> {
  const groups = new Map<number | undefined, [string, unknown][]>();
  const over: string[] = [];
  for (const { key, value, left } of new Map(given.map((one) => [one.key, one])).values()) {
    if (left !== undefined && left <= 0) over.push(key);
    else {
      const group = groups.get(left) ?? [];
      groups.set(left, group);
      group.push([key, value]);
    }
  }
  const writes = [...groups].map(([left, pairs]) =>
    cache.putMany(pairs, left === undefined ? {} : { ttl: left }),
  );
  await Promise.all([...writes, over.length > 0 && cache.delMany(over)]);
}
