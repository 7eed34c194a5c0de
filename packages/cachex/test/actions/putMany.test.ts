import { afterAll, describe, expect, it } from 'vitest';
import { distinctKeys, manyKeys } from '../keys.ts';
import { clusters, itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('putMany $name', (setUp) => {
  afterAll(() => setUp.close());

  it('stores every pair, and answers nothing', async () => {
    const { everywhere, cache } = await setUp.open();
    expect(await cache.putMany(manyKeys.map((key, n) => [key, { n }] as const))).toBeUndefined();
    for (const one of everywhere) {
      for (const [n, key] of manyKeys.entries()) expect(await one.get(key)).toEqual({ n });
    }
    expect(await cache.size()).toBe(manyKeys.length);
  });

  it('is called setMany as well, and takes a Map', async () => {
    const { cache } = await setUp.open();
    await cache.setMany(
      new Map([
        ['ada', 1],
        ['bob', 2],
      ]),
    );
    expect(await cache.getMany(['ada', 'bob'])).toEqual([1, 2]);
  });

  it('stores the last of two values for a key', async () => {
    const { everywhere } = await setUp.open();
    for (const [n, one] of everywhere.entries()) {
      await one.putMany(manyKeys.flatMap((key) => [0, 1, 2].map((turn) => [key, `${n}.${turn}`] as const)));
      expect(await one.getMany(manyKeys)).toEqual(manyKeys.map(() => `${n}.2`));
    }
  });

  it('takes an empty list, and every kind of key and of value', async () => {
    const { cache } = await setUp.open();
    await cache.putMany([]);
    expect(await cache.size()).toBe(0);
    await cache.putMany(distinctKeys.map(([name, key]) => [key, name] as const));
    for (const [name, key] of distinctKeys) expect(await cache.get(key)).toBe(name);
    await cache.putMany([
      ['null', null],
      ['undefined', undefined],
    ]);
    expect([await cache.get('null'), await cache.exists('undefined')]).toEqual([null, true]);
  });

  it('overwrites values and expiries, with the given time to live or that of the cache', async () => {
    const { cache } = await setUp.open({ ttl: '1m' });
    await cache.put('ada', 0, { ttl: null });
    await cache.putMany([['ada', 1]]);
    expect(await cache.ttl('ada')).toBe(60_000);
    await cache.putMany([['ada', 2]], { ttl: '1h' });
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([2, 3_600_000]);
    await cache.putMany([['ada', 3]], { ttl: null });
    expect(await cache.ttl('ada')).toBe(null);
  });

  it('stores nothing if a pair is wrong', async () => {
    const { cache } = await setUp.open();
    const pairs = [['ada', 1], ['bob']] as never;
    await expect(cache.putMany(pairs)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'pairs[1]: an array is not a pair [key, value]',
    });
    await expect(
      cache.putMany([
        ['ada', 1],
        [{}, 2],
      ] as never),
    ).rejects.toMatchObject({
      code: 'INVALID_KEY',
      message: expect.stringMatching(/^pairs\[1\]: /),
    });
    expect(await cache.size()).toBe(0);
  });

  it('stores the keys of one node as a whole with `atomic`', async () => {
    const { everywhere } = await setUp.open();
    for (const [n, one] of everywhere.entries()) {
      const pairs = [1, 2, 3].map((turn) => ['ada', `${n}.${turn}`] as const);
      await one.putMany(pairs, { atomic: true });
      expect(await one.get('ada')).toBe(`${n}.3`);
    }
    await everywhere[0]!.putMany([], { atomic: true });
  });

  itSteadily(setUp, 'counts a write for each pair, and one call at each node that stores', async () => {
    const { cache, counted, everywhere } = await setUp.open({ stats: true });
    await cache.putMany([...manyKeys, ...manyKeys].map((key) => [key, 1] as const));
    const { writes, updates, calls } = await counted();
    expect([writes, updates, calls.putMany]).toEqual([2 * manyKeys.length, 0, everywhere.length]);
  });
});

describe.each(clusters)('putMany $name', (setUp) => {
  afterAll(() => setUp.close());

  it('refuses values that cannot be sent, naming the pair and the path, and stores nothing', async () => {
    const { everywhere, cache } = await setUp.open();
    for (const one of everywhere) {
      const pairs = manyKeys.map((key, n) => [key, n === 7 ? { deep: { go: () => {} } } : n] as const);
      await expect(one.putMany(pairs)).rejects.toMatchObject({
        code: 'NOT_SERIALIZABLE',
        message: expect.stringMatching(/^pairs\[7\]: the value at 'deep\.go' is a function/),
      });
    }
    expect(await cache.size()).toBe(0);
  });

  it('is refused with `atomic` where the keys belong to several nodes', async () => {
    const { everywhere, cache } = await setUp.open();
    const pairs = manyKeys.map((key) => [key, 1] as const);
    for (const one of everywhere) {
      const stored = one.putMany(pairs, { atomic: true });
      if (everywhere.length === 1) expect(await stored).toBeUndefined();
      else
        await expect(stored).rejects.toMatchObject({
          code: 'CROSS_SLOT',
          message: expect.stringMatching(/^putMany: the keys belong to \w+, .*`atomic`/),
        });
    }
    expect(await cache.size()).toBe(everywhere.length === 1 ? manyKeys.length : 0);
  });
});
