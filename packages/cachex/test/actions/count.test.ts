import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('count $name', (setUp) => {
  afterAll(() => setUp.close());

  it('counts the live entries of all nodes', async () => {
    const { cache, everywhere } = await setUp.open();
    expect(await cache.count()).toBe(0);
    for (const key of manyKeys) await cache.put(key, undefined);
    await cache.put(manyKeys[0]!, 'again');
    for (const one of everywhere) expect(await one.count()).toBe(manyKeys.length);
    await cache.del(manyKeys[0]!);
    for (const one of everywhere) expect(await one.count()).toBe(manyKeys.length - 1);
  });

  it('leaves out what has expired, and does not remove it', async () => {
    const { cache, everywhere, advance } = await setUp.open({ expiration: { interval: false } });
    for (const [n, key] of manyKeys.entries()) await cache.put(key, n, { ttl: n < 20 ? 10 : 20 });
    advance(9);
    for (const one of everywhere) expect(await one.count()).toBe(manyKeys.length);
    advance(1);
    for (const one of everywhere) expect(await one.count()).toBe(manyKeys.length - 20);
    advance(10);
    expect([await cache.count(), await cache.size()]).toEqual([0, manyKeys.length]);
  });

  itSteadily(setUp, 'counts a call at each node that executed it, and no hit', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    await cache.count();
    expect(await counted()).toMatchObject({ hits: 0, misses: 0, calls: { count: setUp.nodes } });
  });
});
