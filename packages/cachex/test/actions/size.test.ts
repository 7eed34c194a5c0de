import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('size $name', (setUp) => {
  afterAll(() => setUp.close());

  itSteadily(setUp, 'counts the entries of all nodes', async () => {
    const { cache, everywhere } = await setUp.open();
    expect(await cache.size()).toBe(0);
    for (const [n, key] of manyKeys.entries()) {
      await cache.put(key, n);
      for (const one of everywhere) expect(await one.size()).toBe(n + 1);
    }
    await cache.put(manyKeys[0]!, 'again');
    expect(await cache.size()).toBe(manyKeys.length);
  });

  it('includes what has expired until it is removed', async () => {
    const { cache, advance } = await setUp.open({ expiration: { interval: '10s' } });
    await cache.put('ada', 1, { ttl: 10 });
    advance(9_999);
    expect(await cache.size()).toBe(1);
    advance(1);
    expect(await cache.size()).toBe(0);
  });

  itSteadily(setUp, 'counts a call at each node that executed it, and no hit', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    await cache.size();
    expect(await counted()).toMatchObject({ hits: 0, misses: 0, calls: { size: setUp.nodes } });
  });
});
