import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('prune $name', (setUp) => {
  afterAll(() => setUp.close());

  it('leaves what there is alone as long as it is not too much', async () => {
    const { cache } = await setUp.open();
    for (const key of manyKeys) await cache.put(key, 1);
    expect(await cache.prune(manyKeys.length)).toBe(0);
    expect(await cache.size()).toBe(manyKeys.length);
  });

  itSteadily(setUp, 'leaves each node what was written last, and room beyond that', async () => {
    const { cache, everywhere, owner, advance, counted } = await setUp.open({ stats: true });
    const evicted: unknown[] = [];
    for (const one of everywhere) await onEvicted(one, (key) => evicted.push(key));
    for (const key of manyKeys) {
      await cache.put(key, 1);
      advance(1);
    }
    const first = manyKeys[0]!;
    await cache.touch(first);
    const most = 4;
    const kept = everywhere.flatMap((one) => {
      const own = [...manyKeys.slice(1), first].filter((key) => owner(key) === one);
      return own.slice(own.length > most ? -Math.floor(most * 0.5) : 0);
    });
    const gone = manyKeys.filter((key) => !kept.includes(key));
    expect(await cache.prune(most, { reclaim: 0.5 })).toBe(gone.length);
    expect((await cache.keys()).sort()).toEqual([...kept].sort());
    expect([...evicted].sort()).toEqual([...gone].sort());
    expect(await counted()).toMatchObject({ evictions: gone.length, removals: 0, expirations: 0 });
  });

  it('removes what has expired first', async () => {
    const { cache, advance } = await setUp.open({ expiration: { interval: false } });
    for (const key of manyKeys) await cache.put(key, 1, { ttl: 5 });
    advance(10);
    await cache.put('live', 1);
    expect(await cache.prune(1, { reclaim: 0 })).toBeGreaterThanOrEqual(manyKeys.length - setUp.nodes);
    expect(await cache.get('live')).toBe(1);
  });

  itSteadily(setUp, 'tells of those that are kept though they have expired as expired', async () => {
    const { cache, advance, counted } = await setUp.open({ stats: true });
    for (const key of manyKeys) await cache.fetch(key, () => 1, { ttl: 5, staleFor: 1_000 });
    advance(10);
    expect(await cache.prune(0)).toBe(manyKeys.length);
    expect(await counted()).toMatchObject({ expirations: manyKeys.length, evictions: 0 });
  });

  it('of nothing at all removes everything', async () => {
    const { cache } = await setUp.open();
    for (const key of manyKeys) await cache.put(key, 1);
    expect(await cache.prune(0)).toBe(manyKeys.length);
    expect(await cache.size()).toBe(0);
  });

  itSteadily(
    setUp,
    'tells entries of one instant apart by the order in which they were written',
    async () => {
      const { cache, owner } = await setUp.open();
      const own = manyKeys.filter((key) => owner(key) === cache);
      for (const key of [...own].reverse()) await cache.put(key, 1);
      await cache.prune(3, { reclaim: 0 });
      expect((await cache.keys()).sort()).toEqual(own.slice(0, 3).sort());
    },
  );
});

function onEvicted(cache: unknown, listener: (key: unknown) => void): Promise<void> {
  return (cache as { on(event: string, listener: (key: unknown) => void): Promise<void> }).on(
    'evicted',
    listener,
  );
}
