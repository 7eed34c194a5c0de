import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('touchMany $name', (setUp) => {
  afterAll(() => setUp.close());

  it('answers how many entries there were, and leaves their values and expiries', async () => {
    const { everywhere, cache, advance } = await setUp.open();
    await cache.putMany(
      manyKeys.map((key, n) => [key, n] as const),
      { ttl: 1_000 },
    );
    advance(400);
    for (const one of everywhere) expect(await one.touchMany([...manyKeys, 'absent'])).toBe(manyKeys.length);
    for (const [n, key] of manyKeys.entries()) {
      expect([await cache.get(key), await cache.ttl(key)]).toEqual([n, 600]);
    }
  });

  it('takes an empty list', async () => {
    const { everywhere } = await setUp.open();
    for (const one of everywhere) expect(await one.touchMany([])).toBe(0);
  });

  it('refuses what is not a list of keys, changing nothing', async () => {
    const { cache } = await setUp.open();
    await cache.put('ada', 1);
    await expect(cache.touchMany('ada' as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^keys: 'ada' is not a list/),
    });
    await expect(cache.touchMany(['ada', {}] as never)).rejects.toMatchObject({
      code: 'INVALID_KEY',
      message: expect.stringMatching(/^keys\[1\]: /),
    });
    expect(await cache.get('ada')).toBe(1);
  });

  itSteadily(setUp, 'counts each entry, and one call at each node', async () => {
    const { cache, counted, everywhere } = await setUp.open({ stats: true });
    await cache.putMany(manyKeys.map((key) => [key, 1] as const));
    await cache.touchMany([...manyKeys, 'absent']);
    const { updates, calls, hits, misses } = await counted();
    expect([updates, calls.touchMany, hits, misses]).toEqual([manyKeys.length, everywhere.length, 0, 0]);
  });
});
