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

  it('makes the new value with a function, which runs where it is called, at once or later', async () => {
    const { everywhere, stranger, advance } = await setUp.open({ ttl: 100 });
    await stranger('ada').put('ada', { n: 1 });
    advance(40);
    const next = (value: unknown): unknown => ({ n: (value as { n: number }).n + 1 });
    for (const one of everywhere) {
      expect(await one.update('ada', next)).toBe(true);
      expect(await one.update('ada', async (value: unknown) => next(value))).toBe(true);
      expect(await one.update('bob', next)).toBe(false);
    }
    for (const one of everywhere) {
      expect(await one.get('ada')).toEqual({ n: 1 + 2 * everywhere.length });
      expect(await one.ttl('ada')).toBe(60);
    }
  });

  it('changes nothing if the function throws, and passes the error on', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', 1);
    const error = new RangeError('no');
    const fail = (): never => {
      throw error;
    };
    await expect(stranger('ada').update('ada', fail)).rejects.toBe(error);
    await expect(stranger('ada').update('ada', async () => fail())).rejects.toBe(error);
    await cache.incr('ada');
    expect(await cache.get('ada')).toBe(2);
  });

  it('loses nothing, whoever else writes in whatever way', async () => {
    const { cache, everywhere } = await setUp.open();
    await cache.put('ada', 0);
    const plus = (n: unknown): number => Number(n) + 1;
    const work = everywhere.flatMap((one) => [
      one.update('ada', plus),
      one.incr('ada'),
      one.update('ada', async (n: unknown) => plus(n)),
      one.transaction(['ada'], async (tx) => tx.incr('ada')),
    ]);
    await Promise.all(work);
    expect(await cache.get('ada')).toBe(work.length);
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

  it('refuses a value that cannot be sent, also where a function makes it', async () => {
    const { everywhere, cache } = await setUp.open();
    await cache.put('ada', 1);
    for (const one of everywhere) {
      for (const change of [{ add: () => 1 }, () => ({ add: () => 1 })]) {
        await expect(one.update('ada', change)).rejects.toMatchObject({
          code: 'NOT_SERIALIZABLE',
          message: expect.stringContaining("'add' is a function"),
        });
      }
    }
    expect(await cache.get('ada')).toBe(1);
  });
});
