import { afterAll, describe, expect, it } from 'vitest';
import { distinctKeys, manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('keys $name', (setUp) => {
  afterAll(() => setUp.close());

  it('lists the live keys of all nodes, each once', async () => {
    const { cache, everywhere } = await setUp.open();
    expect(await cache.keys()).toEqual([]);
    for (const key of manyKeys) await cache.put(key, 1);
    await cache.put(manyKeys[0]!, 2);
    for (const one of everywhere) expect((await one.keys()).sort()).toEqual([...manyKeys].sort());
  });

  it('lists keys as they were given', async () => {
    const { cache } = await setUp.open();
    for (const [, key] of distinctKeys) await cache.put(key, 1);
    const keys = await cache.keys();
    expect(keys).toHaveLength(distinctKeys.length);
    for (const [, key] of distinctKeys) expect(keys).toContainEqual(key);
    await cache.clear();
    await cache.put(-0, 1);
    await cache.put([-0], 1);
    const zeros = await cache.keys();
    expect(zeros).toContain(0);
    expect(zeros).toContainEqual([0]);
  });

  it('leaves out what has expired, and does not remove it', async () => {
    const { cache, advance } = await setUp.open({ expiration: { interval: false } });
    await cache.put('ada', 1, { ttl: 10 });
    await cache.put('bob', 1);
    advance(10);
    expect(await cache.keys()).toEqual(['bob']);
    // What has expired does not move.
    if (setUp.steady) expect(await cache.size()).toBe(2);
  });

  it('answers a list that is the caller’s own', async () => {
    const { cache } = await setUp.open();
    await cache.put('ada', 1);
    (await cache.keys()).push('eve');
    expect(await cache.keys()).toEqual(['ada']);
  });

  itSteadily(setUp, 'counts a call at each node that executed it, and no hit', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    await cache.keys();
    expect(await counted()).toMatchObject({ hits: 0, misses: 0, calls: { keys: setUp.nodes } });
  });
});
