import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys, sameKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('del $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes an entry, and answers whether there was one', async () => {
    const { cache, everywhere, stranger } = await setUp.open();
    for (const key of manyKeys) await cache.put(key, 1);
    for (const key of manyKeys) {
      expect(await stranger(key).del(key)).toBe(true);
      expect(await cache.del(key)).toBe(false);
      for (const one of everywhere) expect(await one.exists(key)).toBe(false);
    }
    expect(await cache.size()).toBe(0);
  });

  it('leaves other keys alone', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put(1, 'number');
    await cache.put('1', 'string');
    expect(await stranger(1).del(1)).toBe(true);
    expect([await cache.get(1), await cache.get('1')]).toEqual([undefined, 'string']);
  });

  it.each(sameKeys)('takes %s for one key', async (_name, one, other) => {
    const { cache } = await setUp.open();
    await cache.put(one, 1);
    expect(await cache.del(other)).toBe(true);
  });

  it('answers false for an entry that has expired', async () => {
    const { cache, advance } = await setUp.open({ stats: true, expiration: { interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    advance(10);
    expect([await cache.del('ada'), await cache.size()]).toEqual([false, 0]);
  });

  it('removes a stored undefined or null', async () => {
    const { cache } = await setUp.open();
    await cache.put('undefined', undefined);
    await cache.put('null', null);
    expect([await cache.del('undefined'), await cache.del('null')]).toEqual([true, true]);
  });

  it('is called delete, too', async () => {
    const { cache, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    expect(await stranger('ada').delete('ada')).toBe(true);
    expect((await counted()).calls).toEqual({ put: 1, del: 1 });
  });

  itSteadily(setUp, 'counts what it removed', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    await stranger('ada').del('ada');
    await stranger('ada').del('ada');
    expect((await owner('ada').stats()).removals).toBe(1);
    expect(await counted()).toMatchObject({ removals: 1, calls: { put: 1, del: 2 } });
  });
});
