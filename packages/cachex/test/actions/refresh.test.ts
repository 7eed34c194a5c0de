import { afterAll, describe, expect, it } from 'vitest';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('refresh $name', (setUp) => {
  afterAll(() => setUp.close());

  it('starts the time to live of an entry anew, and leaves its value', async () => {
    const { cache, everywhere, stranger, advance } = await setUp.open({ ttl: '1h' });
    await cache.put('ada', { n: 1 }, { ttl: 100 });
    for (let times = 0; times < 3; times += 1) {
      advance(99);
      expect(await stranger('ada').refresh('ada')).toBe(true);
    }
    for (const one of everywhere) {
      expect([await one.get('ada'), await one.ttl('ada')]).toEqual([{ n: 1 }, 100]);
    }
    advance(100);
    expect(await stranger('ada').exists('ada')).toBe(false);
  });

  it('takes the time to live that the entry was last given', async () => {
    const { cache, stranger, advance } = await setUp.open({ ttl: 1_000 });
    await cache.put('default', 1);
    await cache.put('expire', 1);
    await cache.expire('expire', 500);
    await cache.put('update', 1, { ttl: 300 });
    advance(100);
    await cache.update('update', 2);
    for (const [key, lives] of [
      ['default', 1_000],
      ['expire', 500],
      ['update', 300],
    ] as const) {
      await stranger(key).refresh(key);
      expect(await cache.ttl(key)).toBe(lives);
    }
  });

  it('gives no expiry to an entry without one, even where the cache has a default', async () => {
    const { cache, stranger } = await setUp.open({ ttl: 100 });
    await cache.put('ada', 1, { ttl: null });
    expect(await stranger('ada').refresh('ada')).toBe(true);
    expect(await cache.ttl('ada')).toBeNull();
  });

  it('answers false where there is no live entry, and does not revive one that has expired', async () => {
    const { cache, stranger, advance } = await setUp.open({ expiration: { lazy: false, interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    for (const key of ['ada', 'eve']) expect(await stranger(key).refresh(key)).toBe(false);
    expect(await cache.exists('ada')).toBe(false);
  });

  itSteadily(setUp, 'counts an update only if there was an entry, and no hit', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    await stranger('ada').refresh('ada');
    await stranger('eve').refresh('eve');
    expect((await owner('ada').stats()).updates).toBe(1);
    expect(await counted()).toMatchObject({ updates: 1, hits: 0, misses: 0, calls: { put: 1, refresh: 2 } });
  });
});
