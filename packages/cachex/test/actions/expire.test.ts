import { afterAll, describe, expect, it } from 'vitest';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('expire $name', (setUp) => {
  afterAll(() => setUp.close());

  it('gives an entry a new time to live from now and leaves its value', async () => {
    const { cache, everywhere, stranger, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 100 });
    advance(50);
    expect(await stranger('ada').expire('ada', '1s')).toBe(true);
    for (const one of everywhere) expect([await one.get('ada'), await one.ttl('ada')]).toEqual([1, 1_000]);
    advance(1_000);
    expect(await stranger('ada').exists('ada')).toBe(false);
  });

  it.each([[null], [Number.POSITIVE_INFINITY]])('removes the expiry with %s', async (ttl) => {
    const { cache, stranger, advance } = await setUp.open({ ttl: 100 });
    await cache.put('ada', 1);
    expect(await stranger('ada').expire('ada', ttl)).toBe(true);
    advance(10_000);
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([1, null]);
  });

  it.each([[0], [-1], ['-5s' as const], [Number.NEGATIVE_INFINITY]])(
    'removes the entry with %s',
    async (ttl) => {
      const { cache, stranger } = await setUp.open();
      await cache.put('ada', 1);
      expect(await stranger('ada').expire('ada', ttl)).toBe(true);
      expect([await cache.exists('ada'), await cache.size()]).toEqual([false, 0]);
    },
  );

  it('answers false where there is no live entry', async () => {
    const { cache, stranger, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    for (const key of ['ada', 'eve']) {
      for (const ttl of [100, null, 0]) expect(await stranger(key).expire(key, ttl)).toBe(false);
    }
    expect(await cache.size()).toBe(0);
  });

  itSteadily(setUp, 'counts an update, a removal, or nothing', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    await stranger('ada').expire('ada', 100);
    await stranger('ada').expire('ada', null);
    await stranger('ada').expire('ada', 0);
    await stranger('ada').expire('ada', 100);
    expect(await owner('ada').stats()).toMatchObject({ updates: 2, removals: 1 });
    expect(await counted()).toMatchObject({ updates: 2, removals: 1, calls: { put: 1, expire: 4 } });
  });
});
