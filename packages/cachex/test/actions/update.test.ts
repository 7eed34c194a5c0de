import { afterAll, describe, expect, it } from 'vitest';
import { clusters, itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('update $name', (setUp) => {
  afterAll(() => setUp.close());

  it('gives an entry that exists a new value and leaves its expiry', async () => {
    const { cache, everywhere, stranger, advance } = await setUp.open({ ttl: '1h' });
    await cache.put('ada', 1, { ttl: 100 });
    advance(40);
    expect(await stranger('ada').update('ada', { two: 2 })).toBe(true);
    for (const one of everywhere) {
      expect([await one.get('ada'), await one.ttl('ada')]).toEqual([{ two: 2 }, 60]);
    }
    advance(60);
    expect(await cache.exists('ada')).toBe(false);
  });

  it('does not create an entry', async () => {
    const { cache, stranger } = await setUp.open();
    expect(await stranger('ada').update('ada', 1)).toBe(false);
    expect(await cache.size()).toBe(0);
  });

  it('does not revive an entry that has expired', async () => {
    const { cache, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 100 });
    advance(100);
    expect([await cache.update('ada', 2), await cache.exists('ada')]).toEqual([false, false]);
  });

  it.each([[null], [undefined], [Number.NaN]])('takes %s for a value', async (value) => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', 1);
    expect(await cache.update('ada', value)).toBe(true);
    expect([await stranger('ada').get('ada'), await cache.exists('ada')]).toEqual([value, true]);
  });

  itSteadily(setUp, 'counts an update only if there was an entry', async () => {
    const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
    await cache.put('ada', 1);
    await stranger('ada').update('ada', 2);
    await stranger('bob').update('bob', 2);
    expect((await owner('ada').stats()).updates).toBe(1);
    expect(await counted()).toMatchObject({ writes: 1, updates: 1, calls: { put: 1, update: 2 } });
  });
});

describe.each(clusters)('update $name', (setUp) => {
  afterAll(() => setUp.close());

  it('refuses what cannot be sent: a function, and a value with one in it', async () => {
    const { everywhere, cache } = await setUp.open();
    await cache.put('ada', 1);
    for (const one of everywhere) {
      await expect(one.update('ada', ((n: number) => n + 1) as never)).rejects.toMatchObject({
        code: 'NOT_SERIALIZABLE',
        message: expect.stringMatching(/^change: a function cannot be sent .*functions/),
      });
      await expect(one.update('ada', { add: (n: number) => n + 1 })).rejects.toMatchObject({
        code: 'NOT_SERIALIZABLE',
        message: expect.stringContaining("'add' is a function"),
      });
    }
    expect(await cache.get('ada')).toBe(1);
  });
});
