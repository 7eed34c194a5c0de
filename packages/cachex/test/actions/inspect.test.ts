import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('inspect $name', (setUp) => {
  afterAll(() => setUp.close());

  it('shows the limit in force, and what is counted for it', async () => {
    const { cache, owner } = await setUp.open({ limit: { size: 5_000, bytes: '1mb', sizeOf: () => 100 } });
    await cache.put('ada', 1);
    const { bytes, options } = await owner('ada').inspect('cache');
    expect(options.limit).toEqual({
      size: 5_000,
      bytes: 2 ** 20,
      heap: null,
      policy: 'adaptive',
      sizeOf: true,
    });
    expect(bytes).toBe(100);
  });

  it('shows the cache: its name, its size and the options in force', async () => {
    const hooks = [{ name: 'all', type: 'post', notify() {} }] as const;
    const options = {
      ttl: '5m',
      expiration: { jitter: 0.1 },
      stats: true,
      hooks,
      functions: { load: () => 1 },
    } as const;
    const { cache, name } = await setUp.open(options);
    expect(await cache.inspect('cache')).toEqual({
      name,
      size: 0,
      bytes: null,
      partitions: expect.any(Number),
      options: {
        ttl: 300_000,
        expiration: { interval: 3_000, lazy: true, jitter: 0.1 },
        stats: true,
        limit: null,
        functions: ['load'],
      },
      hooks: [{ name: 'all', type: 'post', async: false, waiting: 0, dropped: 0 }],
      warmers: [],
      loading: 0,
    });
  });

  itSteadily(setUp, 'shows an entry as its owner has it, expired or not', async () => {
    const { cache, owner, stranger, advance } = await setUp.open({ expiration: { interval: false } });
    await cache.put('ada', { name: 'Ada' }, { ttl: 50 });
    const entry = await owner('ada').inspect('entry', 'ada');
    expect(entry).toMatchObject({ key: 'ada', value: { name: 'Ada' }, ttl: 50, expired: false });
    expect(entry!.expires! - entry!.modified).toBe(50);
    expect(entry!.bytes !== undefined).toBe(setUp.clustered);
    advance(60);
    expect(await owner('ada').inspect('entry', 'ada')).toMatchObject({ expired: true });
    expect(await cache.inspect('entry', 'bob')).toBeUndefined();
    if (setUp.nodes > 1) expect(await stranger('ada').inspect('entry', 'ada')).toBeUndefined();
  });

  itSteadily(setUp, 'counts and lists what has expired and is still in memory', async () => {
    const { cache, everywhere, owner, advance } = await setUp.open({ expiration: { interval: false } });
    for (const key of manyKeys) await cache.put(key, 1, { ttl: 5 });
    advance(10);
    await cache.put('live', 1);
    for (const one of everywhere) {
      const own = manyKeys.filter((key) => owner(key) === one);
      expect(await one.inspect('expired')).toBe(own.length);
      expect((await one.inspect('expired', 'keys')).sort()).toEqual([...own].sort());
    }
  });

  itSteadily(setUp, 'tells of sweeps', async () => {
    const { cache, owner, advance } = await setUp.open({ expiration: { interval: '1s' } });
    expect(await cache.inspect('janitor')).toEqual({ last: null, next: null });
    const one = owner('ada');
    await cache.put('ada', 1, { ttl: 1_500 });
    expect(await one.inspect('janitor')).toEqual({ last: null, next: 1_000 });
    advance(1_100);
    expect(await one.inspect('janitor')).toEqual({
      last: { started: expect.any(Number), duration: 0, removed: 0 },
      next: 900,
    });
    advance(1_000);
    expect(await one.inspect('janitor')).toMatchObject({ last: { removed: 1 }, next: null });
  });

  it('estimates the memory that entries take', async () => {
    const { cache, owner } = await setUp.open();
    expect(await cache.inspect('memory')).toBe(0);
    await cache.put('ada', 'x'.repeat(10_000));
    if (!setUp.steady) return;
    const bytes = await owner('ada').inspect('memory');
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(25_000);
  });

  itSteadily(setUp, 'asks another node, if one is named', async () => {
    const { everywhere, cache } = await setUp.open();
    if (!setUp.clustered) return;
    const ids = ['a', 'b', 'c'].slice(0, setUp.nodes);
    for (const key of manyKeys) await cache.put(key, 1);
    for (const [n, one] of everywhere.entries()) {
      const asked = await cache.inspect('cache', { node: ids[n]! });
      expect(asked).toEqual(await one.inspect('cache'));
      expect(asked.size).toBeGreaterThan(0);
    }
    await expect(cache.inspect('cache', { node: 'aa' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: "node: 'aa' is not in the cluster; did you mean 'a'?",
    });
  });
});
