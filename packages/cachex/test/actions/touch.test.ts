import { afterAll, describe, expect, it } from 'vitest';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('touch $name', (setUp) => {
  afterAll(() => setUp.close());

  it('leaves the value and the instant of expiry', async () => {
    const { cache, everywhere, stranger, advance } = await setUp.open();
    await cache.put('ada', { n: 1 }, { ttl: 100 });
    advance(40);
    expect(await stranger('ada').touch('ada')).toBe(true);
    for (const one of everywhere) {
      expect([await one.get('ada'), await one.ttl('ada')]).toEqual([{ n: 1 }, 60]);
    }
    advance(60);
    expect(await stranger('ada').exists('ada')).toBe(false);
  });

  it('leaves the time to live that refresh starts anew', async () => {
    const { cache, stranger, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 100 });
    advance(40);
    await stranger('ada').touch('ada');
    await stranger('ada').refresh('ada');
    expect(await cache.ttl('ada')).toBe(100);
  });

  it('gives no expiry to an entry without one', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', 1);
    expect(await stranger('ada').touch('ada')).toBe(true);
    expect(await cache.ttl('ada')).toBeNull();
  });

  it('answers false where there is no live entry, and makes none', async () => {
    const { cache, stranger, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    for (const key of ['ada', 'eve']) expect(await stranger(key).touch(key)).toBe(false);
    expect(await cache.size()).toBe(0);
  });

  itSteadily(setUp, 'counts an update only if there was an entry, and no hit', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    await stranger('ada').touch('ada');
    await stranger('eve').touch('eve');
    expect((await owner('ada').stats()).updates).toBe(1);
    expect(await counted()).toMatchObject({ updates: 1, hits: 0, misses: 0, calls: { put: 1, touch: 2 } });
  });
});
