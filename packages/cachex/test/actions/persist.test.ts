import { afterAll, describe, expect, it } from 'vitest';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('persist $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes the expiry of an entry and leaves its value', async () => {
    const { cache, everywhere, stranger, advance } = await setUp.open({ ttl: '1h' });
    await cache.put('ada', { n: 1 }, { ttl: 100 });
    await cache.put('bob', 1);
    for (const key of ['ada', 'bob']) expect(await stranger(key).persist(key)).toBe(true);
    advance(10_000_000);
    for (const one of everywhere) {
      expect([await one.get('ada'), await one.ttl('ada'), await one.ttl('bob')]).toEqual([
        { n: 1 },
        null,
        null,
      ]);
    }
  });

  it('answers true for an entry that never expired', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', 1);
    expect(await stranger('ada').persist('ada')).toBe(true);
    expect(await cache.ttl('ada')).toBeNull();
  });

  it('leaves nothing for refresh to start anew', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', 1, { ttl: 100 });
    await stranger('ada').persist('ada');
    await stranger('ada').refresh('ada');
    expect(await cache.ttl('ada')).toBeNull();
  });

  it('answers false where there is no live entry, and does not revive one that has expired', async () => {
    const { cache, stranger, advance } = await setUp.open({ expiration: { lazy: false, interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    for (const key of ['ada', 'eve']) expect(await stranger(key).persist(key)).toBe(false);
    expect(await cache.exists('ada')).toBe(false);
  });

  itSteadily(setUp, 'counts an update only if there was an entry, and no hit', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    await stranger('ada').persist('ada');
    await stranger('eve').persist('eve');
    expect((await owner('ada').stats()).updates).toBe(1);
    expect(await counted()).toMatchObject({ updates: 1, hits: 0, misses: 0, calls: { put: 1, persist: 2 } });
  });
});
