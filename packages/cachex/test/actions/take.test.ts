import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('take $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes an entry and answers its value', async () => {
    const { cache, everywhere, stranger } = await setUp.open();
    for (const [n, key] of manyKeys.entries()) await cache.put(key, { n });
    for (const [n, key] of manyKeys.entries()) {
      expect(await stranger(key).take(key)).toEqual({ n });
      for (const one of everywhere) expect(await one.exists(key)).toBe(false);
    }
    expect(await cache.size()).toBe(0);
  });

  it('answers undefined where there is no live entry', async () => {
    const { cache, everywhere, advance } = await setUp.open({ expiration: { interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    for (const one of everywhere) {
      expect([await one.take('ada'), await one.take('eve')]).toEqual([undefined, undefined]);
    }
    expect(await cache.size()).toBe(0);
  });

  it('leaves what has expired to the sweep when reads are not to remove it', async () => {
    const { cache, stranger, advance } = await setUp.open({ expiration: { lazy: false, interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    expect([await stranger('ada').take('ada'), await cache.size()]).toEqual([undefined, 1]);
  });

  it.each([[null], [undefined], [0]])('takes a stored %s', async (value) => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', value);
    expect(await stranger('ada').take('ada')).toBe(value);
    expect(await cache.exists('ada')).toBe(false);
  });

  it('gives an entry to one of all who take it at the same time', async () => {
    const { cache, everywhere } = await setUp.open();
    for (const key of manyKeys) await cache.put(key, key);
    for (const key of manyKeys) {
      const taken = await Promise.all([...everywhere, ...everywhere].map((one) => one.take(key)));
      expect(taken.filter((value) => value !== undefined)).toEqual([key]);
    }
  });

  it('leaves a key that can be put again, with nothing of what was there', async () => {
    const { cache, stranger, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 10 });
    await stranger('ada').take('ada');
    await cache.put('ada', 2);
    advance(10);
    expect([await stranger('ada').take('ada'), await cache.size()]).toEqual([2, 0]);
  });

  itSteadily(setUp, 'counts a hit and a removal, or a miss, where the key lives', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', undefined);
    await stranger('ada').take('ada');
    await stranger('ada').take('ada');
    expect(await owner('ada').stats()).toMatchObject({ hits: 1, misses: 1, removals: 1 });
    expect(await counted()).toMatchObject({ hits: 1, misses: 1, removals: 1, calls: { put: 1, take: 2 } });
  });
});
