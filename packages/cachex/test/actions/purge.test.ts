import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('purge $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes what has expired everywhere, and answers how many entries that were', async () => {
    for (const expiration of [{ interval: false }, { interval: false, lazy: false }] as const) {
      const { cache, everywhere, advance } = await setUp.open({ expiration });
      for (const one of everywhere) {
        for (const key of manyKeys) await cache.put(key, 1, { ttl: 10 });
        await cache.put('long', 1, { ttl: 60_000 });
        await cache.put('for ever', 1);
        advance(9);
        expect(await one.purge()).toBe(0);
        advance(1);
        expect(await cache.size()).toBe(manyKeys.length + 2);
        expect(await one.purge()).toBe(manyKeys.length);
        for (const other of everywhere) expect([await other.size(), await other.purge()]).toEqual([2, 0]);
      }
      expect((await cache.keys()).sort()).toEqual(['for ever', 'long']);
    }
  });

  it('leaves a key that can be put again', async () => {
    const { cache, stranger, advance } = await setUp.open({ expiration: { interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    await cache.purge();
    await cache.put('ada', 2);
    expect([await stranger('ada').get('ada'), await cache.purge()]).toEqual([2, 0]);
  });

  itSteadily(
    setUp,
    'counts expirations, no removals, and one call at each node that executed it',
    async () => {
      const { cache, counted, advance } = await setUp.open({ stats: true, expiration: { interval: false } });
      for (const key of manyKeys) await cache.put(key, 1, { ttl: 10 });
      advance(10);
      await cache.purge();
      expect(await counted()).toMatchObject({
        expirations: manyKeys.length,
        removals: 0,
        calls: { put: manyKeys.length, purge: setUp.nodes },
      });
    },
  );
});
