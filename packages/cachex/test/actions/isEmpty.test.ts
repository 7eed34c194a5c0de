import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('isEmpty $name', (setUp) => {
  afterAll(() => setUp.close());

  it('tells whether no node has an entry', async () => {
    const { cache, everywhere } = await setUp.open();
    for (const one of everywhere) expect(await one.isEmpty()).toBe(true);
    for (const key of manyKeys) {
      await cache.put(key, undefined);
      for (const one of everywhere) expect(await one.isEmpty()).toBe(false);
      await cache.del(key);
      for (const one of everywhere) expect(await one.isEmpty()).toBe(true);
    }
  });

  it('takes no notice of what has expired, and does not remove it', async () => {
    const { cache, everywhere, advance } = await setUp.open({ expiration: { interval: false } });
    for (const key of manyKeys) await cache.put(key, 1, { ttl: 10 });
    advance(9);
    for (const one of everywhere) expect(await one.isEmpty()).toBe(false);
    advance(1);
    for (const one of everywhere) expect(await one.isEmpty()).toBe(true);
    expect(await cache.size()).toBe(manyKeys.length);
    await cache.put('one', 1);
    for (const one of everywhere) expect(await one.isEmpty()).toBe(false);
  });

  itSteadily(setUp, 'counts a call at each node that executed it, and no hit', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    await cache.isEmpty();
    expect(await counted()).toMatchObject({ hits: 0, misses: 0, calls: { isEmpty: setUp.nodes } });
  });
});
