import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('delMany $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes the entries, and answers how many there were', async () => {
    const { everywhere, cache } = await setUp.open();
    for (const one of everywhere) {
      await cache.putMany([...manyKeys, 'left'].map((key) => [key, 1] as const));
      expect(await one.delMany([...manyKeys, 'absent'])).toBe(manyKeys.length);
      expect([await cache.size(), await cache.get('left')]).toEqual([1, 1]);
    }
  });

  it('counts a key once that is there twice, and nothing that has expired', async () => {
    const { cache, advance } = await setUp.open();
    await cache.put('ada', 1);
    await cache.put('bob', 1, { ttl: 100 });
    advance(100);
    expect(await cache.delMany(['ada', 'ada', 'bob'])).toBe(1);
  });

  it('takes an empty list', async () => {
    const { everywhere } = await setUp.open();
    for (const one of everywhere) expect(await one.delMany([])).toBe(0);
  });

  it('refuses what is not a list of keys, changing nothing', async () => {
    const { cache } = await setUp.open();
    await cache.put('ada', 1);
    await expect(cache.delMany('ada' as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^keys: 'ada' is not a list/),
    });
    await expect(cache.delMany(['ada', {}] as never)).rejects.toMatchObject({
      code: 'INVALID_KEY',
      message: expect.stringMatching(/^keys\[1\]: /),
    });
    expect(await cache.get('ada')).toBe(1);
  });

  itSteadily(setUp, 'counts each entry, and one call at each node', async () => {
    const { cache, counted, everywhere } = await setUp.open({ stats: true });
    await cache.putMany(manyKeys.map((key) => [key, 1] as const));
    await cache.delMany([...manyKeys, 'absent']);
    const { removals, calls, hits, misses } = await counted();
    expect([removals, calls.delMany, hits, misses]).toEqual([manyKeys.length, everywhere.length, 0, 0]);
  });
});
