import { afterAll, describe, expect, it } from 'vitest';
import { distinctKeys, manyKeys, sameKeys } from '../keys.ts';
import { clusters, itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('add $name', (setUp) => {
  afterAll(() => setUp.close());

  it('stores a value where there is none, and answers whether it did', async () => {
    const { everywhere, stranger } = await setUp.open();
    for (const [n, key] of manyKeys.entries()) {
      expect(await stranger(key).add(key, { n })).toBe(true);
      for (const one of everywhere) {
        expect(await one.add(key, 'too late')).toBe(false);
        expect(await one.get(key)).toEqual({ n });
      }
    }
  });

  it('leaves the value and the expiry of an entry that is there', async () => {
    const { cache, stranger, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 100 });
    advance(40);
    expect(await stranger('ada').add('ada', 2, { ttl: '1h' })).toBe(false);
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([1, 60]);
  });

  it.each([[null], [undefined]])('takes a stored %s for an entry', async (value) => {
    const { cache, stranger } = await setUp.open();
    expect(await cache.add('ada', value)).toBe(true);
    expect(await stranger('ada').add('ada', 1)).toBe(false);
    expect(await cache.get('ada')).toBe(value);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])('replaces what has expired, with lazy: %s', async (lazy, left) => {
    const { cache, stranger, advance } = await setUp.open({ expiration: { interval: false, lazy } });
    await cache.put('ada', 1, { ttl: 10 });
    await cache.put('bob', 1, { ttl: 10 });
    advance(10);
    expect(await stranger('ada').add('ada', 2)).toBe(true);
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([2, null]);
    expect([await cache.exists('bob'), await cache.size()]).toEqual([false, 1 + left]);
  });

  it.each([
    ['milliseconds', 1_500, 1_500],
    ['a duration', '1.5h' as const, 5_400_000],
    ['null', null, null],
    ['undefined', undefined, 60_000],
  ])('takes %s for a time to live', async (_what, ttl, lives) => {
    const { cache } = await setUp.open({ ttl: '1m' });
    await cache.add('ada', 1, { ttl: ttl as number | null });
    expect(await cache.ttl('ada')).toBe(lives);
  });

  it('lets what was added expire, and the next one in', async () => {
    const { stranger, advance } = await setUp.open({ expiration: { interval: false } });
    expect(await stranger('lock').add('lock', 'a', { ttl: 100 })).toBe(true);
    advance(99);
    expect(await stranger('lock').add('lock', 'b', { ttl: 100 })).toBe(false);
    advance(1);
    expect(await stranger('lock').add('lock', 'b', { ttl: 100 })).toBe(true);
  });

  it('lets one of all win who add at the same time', async () => {
    const { cache, everywhere } = await setUp.open();
    for (const key of manyKeys) {
      const added = await Promise.all([...everywhere, ...everywhere].map((one, n) => one.add(key, n)));
      expect(added.filter((won) => won)).toHaveLength(1);
      expect(await cache.get(key)).toBe(added.indexOf(true));
    }
  });

  it('tells every kind of key apart', async () => {
    const { cache, stranger } = await setUp.open();
    for (const [name, key] of distinctKeys) expect(await stranger(key).add(key, name)).toBe(true);
    for (const [name, key] of distinctKeys) expect(await cache.get(key)).toBe(name);
  });

  it.each(sameKeys)('takes %s for one key', async (_name, one, other) => {
    const { cache } = await setUp.open();
    expect([await cache.add(one, 1), await cache.add(other, 2)]).toEqual([true, false]);
  });

  itSteadily(setUp, 'counts a write only if it stored, and neither a hit nor a miss', async () => {
    const { owner, stranger, counted } = await setUp.open({ stats: true });
    await stranger('ada').add('ada', 1);
    await stranger('ada').add('ada', 2);
    expect((await owner('ada').stats()).writes).toBe(1);
    expect(await counted()).toMatchObject({ writes: 1, updates: 0, hits: 0, misses: 0, calls: { add: 2 } });
  });
});

describe.each(clusters)('add $name', (setUp) => {
  afterAll(() => setUp.close());

  it('refuses what cannot be sent, naming the path inside the value', async () => {
    const { everywhere, cache } = await setUp.open();
    for (const one of everywhere) {
      await expect(one.add('ada', { go: () => {} })).rejects.toMatchObject({
        code: 'NOT_SERIALIZABLE',
        message: expect.stringContaining("'go' is a function"),
      });
    }
    expect(await cache.exists('ada')).toBe(false);
  });
});
