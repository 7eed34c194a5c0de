import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

const nothing = {
  hits: 0,
  misses: 0,
  hitRate: 0,
  missRate: 0,
  writes: 0,
  updates: 0,
  removals: 0,
  loads: 0,
  expirations: 0,
  evictions: 0,
  invocations: 0,
  calls: {},
};

describe.each(setUps)('stats $name', (setUp) => {
  afterAll(() => setUp.close());

  itSteadily(setUp, 'tells at each node what that node executed', async () => {
    const { cache, everywhere, owner } = await setUp.open({ stats: true });
    for (const key of manyKeys) await cache.put(key, 1);
    for (const one of everywhere) {
      const writes = manyKeys.filter((key) => owner(key) === one).length;
      expect(writes).toBeGreaterThan(0);
      expect(await one.stats()).toEqual({ ...nothing, writes, calls: { put: writes } });
    }
  });

  it('computes rates from what it counted', async () => {
    const { cache, owner } = await setUp.open({ stats: true });
    expect(await owner('ada').stats()).toEqual(nothing);
    await cache.put('ada', 1);
    for (let n = 0; n < 3; n += 1) await cache.get('ada');
    await cache.del('ada');
    await cache.get('ada');
    expect(await owner('ada').stats()).toMatchObject({ hits: 3, misses: 1, hitRate: 0.75, missRate: 0.25 });
  });

  it('answers a record that does not change afterwards', async () => {
    const { cache, owner } = await setUp.open({ stats: true });
    const before = await owner('ada').stats();
    await cache.put('ada', 1);
    expect(before).toEqual(nothing);
  });

  it('is refused where statistics are off, saying how to turn them on', async () => {
    const { cache, name } = await setUp.open();
    await expect(cache.stats()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(new RegExp(`'${name}'.*stats: true`)),
    });
  });

  itSteadily(setUp, 'may be on at one node and off at another', async () => {
    const { everywhere, cache, owner } = await setUp.open((node) => ({ stats: node === 0 }));
    for (const key of manyKeys) await cache.put(key, 1);
    const mine = manyKeys.filter((key) => owner(key) === cache).length;
    expect((await cache.stats()).writes).toBe(mine);
    for (const other of everywhere.slice(1)) {
      await expect(other.stats()).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});

describe.each(setUps)('stats of the whole cluster $name', (setUp) => {
  afterAll(() => setUp.close());

  itSteadily(setUp, 'adds up what each node counted, and computes rates from the sums', async () => {
    const { cache } = await setUp.open({ stats: true });
    for (const key of manyKeys) await cache.put(key, 1);
    for (const key of [...manyKeys, 'absent']) await cache.get(key);
    const reads = manyKeys.length + 1;
    expect(await cache.stats({ cluster: true })).toEqual({
      ...nothing,
      hits: manyKeys.length,
      misses: 1,
      hitRate: manyKeys.length / reads,
      missRate: 1 / reads,
      writes: manyKeys.length,
      calls: { put: manyKeys.length, get: reads },
    });
    expect((await cache.stats({ cluster: true })).calls.stats).toBe(setUp.nodes);
  });

  it('is refused if a node does not count, naming it', async () => {
    if (setUp.nodes === 1 || !setUp.steady) return;
    const { cache } = await setUp.open((node) => ({ stats: node !== 1 }));
    await cache.put('ada', 1);
    await expect(cache.stats({ cluster: true })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^cluster: node 'b' does not count/),
    });
  });
});
