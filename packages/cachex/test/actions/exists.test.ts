import { afterAll, describe, expect, it } from 'vitest';
import { distinctKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('exists $name', (setUp) => {
  afterAll(() => setUp.close());

  it('tells whether there is a live entry', async () => {
    const { cache, everywhere, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 100 });
    await cache.put('bob', null);
    for (const one of everywhere) {
      expect([await one.exists('ada'), await one.exists('bob'), await one.exists('eve')]).toEqual([
        true,
        true,
        false,
      ]);
    }
    advance(100);
    for (const one of everywhere) expect(await one.exists('ada')).toBe(false);
  });

  it('knows every kind of key', async () => {
    const { cache, stranger } = await setUp.open();
    for (const [, key] of distinctKeys) {
      expect(await stranger(key).exists(key)).toBe(false);
      await cache.put(key, undefined);
      expect(await stranger(key).exists(key)).toBe(true);
    }
  });

  it('is called has, too', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    expect(await cache.has('ada')).toBe(false);
    expect((await counted()).calls).toEqual({ exists: 1 });
  });

  itSteadily(setUp, 'counts a hit or a miss where the key lives', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    await stranger('ada').exists('ada');
    await stranger('bob').exists('bob');
    expect((await owner('ada').stats()).hits).toBe(1);
    expect((await owner('bob').stats()).misses).toBe(1);
    expect(await counted()).toMatchObject({ hits: 1, misses: 1, calls: { put: 1, exists: 2 } });
  });
});
