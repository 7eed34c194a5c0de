import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('clear $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes everything everywhere, and answers how many entries that were', async () => {
    const { everywhere } = await setUp.open();
    for (const cache of everywhere) {
      for (const key of manyKeys) await cache.put(key, 1);
      expect(await cache.clear()).toBe(manyKeys.length);
      for (const one of everywhere) expect([await one.size(), await one.keys()]).toEqual([0, []]);
      expect(await cache.clear()).toBe(0);
    }
  });

  itSteadily(setUp, 'counts what has expired and is still in memory', async () => {
    const { cache, advance } = await setUp.open({ expiration: { interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    await cache.put('bob', 1);
    advance(10);
    expect(await cache.clear()).toBe(2);
  });

  it('leaves a cache that goes on working, with its default time to live', async () => {
    const { cache, stranger, advance } = await setUp.open({ ttl: 100 });
    await cache.put('ada', 1);
    await cache.clear();
    await cache.put('ada', 2);
    expect(await stranger('ada').get('ada')).toBe(2);
    advance(3_000);
    expect(await cache.size()).toBe(0);
  });

  it('leaves other caches alone', async () => {
    const { cache } = await setUp.open();
    const other = await setUp.open();
    await cache.put('ada', 1);
    await other.cache.put('ada', 2);
    await cache.clear();
    expect([await cache.exists('ada'), await other.cache.get('ada')]).toEqual([false, 2]);
  });

  itSteadily(setUp, 'counts removals, and one call at each node that executed it', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    for (const key of manyKeys) await cache.put(key, 1);
    await cache.clear();
    expect(await counted()).toMatchObject({
      removals: manyKeys.length,
      calls: { put: manyKeys.length, clear: setUp.nodes },
    });
  });
});
