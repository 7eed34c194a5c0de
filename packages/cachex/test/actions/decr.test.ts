import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('decr $name', (setUp) => {
  afterAll(() => setUp.close());

  it('subtracts one, or what it is told, and answers the difference', async () => {
    const { cache, stranger, owner } = await setUp.open();
    expect(await stranger('n').decr('n')).toBe(-1);
    expect(await owner('n').decr('n', 10)).toBe(-11);
    expect(await cache.decr('n', -20)).toBe(9);
    expect(await stranger('n').decr('n', 0)).toBe(9);
    expect(await stranger('n').get('n')).toBe(9);
  });

  it('starts from the default, and ignores it where there is an entry', async () => {
    const { stranger } = await setUp.open();
    expect(await stranger('n').decr('n', 1, { default: 100 })).toBe(99);
    expect(await stranger('n').decr('n', undefined, { default: 500 })).toBe(98);
  });

  it('gives a new entry the default time to live, and leaves the expiry of one that is there', async () => {
    const { cache, stranger, advance } = await setUp.open({ ttl: 1_000 });
    await stranger('n').decr('n');
    advance(400);
    await stranger('n').decr('n');
    expect(await cache.ttl('n')).toBe(600);
    advance(600);
    expect(await stranger('n').decr('n')).toBe(-1);
  });

  it('gives a new entry the time to live it is told, and leaves the expiry of one that is there', async () => {
    const { cache, stranger, advance } = await setUp.open({ ttl: 1_000 });
    await stranger('n').decr('n', 1, { ttl: '5s' });
    advance(2_000);
    await stranger('n').decr('n', 1, { ttl: '5s' });
    expect(await cache.ttl('n')).toBe(3_000);
    advance(3_000);
    expect(await stranger('n').decr('n', 1, { ttl: null })).toBe(-1);
    expect(await cache.ttl('n')).toBe(null);
    await expect(cache.decr('n', 1, { ttl: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('loses no step, whoever adds and subtracts at the same time', async () => {
    const { cache, everywhere } = await setUp.open();
    const steps = everywhere.flatMap((one) =>
      manyKeys.flatMap(() => [one.decr('n', 3), one.incr('n'), one.decr('n', -1)]),
    );
    await Promise.all(steps);
    expect(await cache.get('n')).toBe(-everywhere.length * manyKeys.length);
  });

  it.each([['text'], [null], [undefined], [1.5], [10n], [{ n: 1 }], [Number.MIN_SAFE_INTEGER]])(
    'refuses to subtract from %s and leaves it as it is',
    async (value) => {
      const { cache, stranger } = await setUp.open();
      await cache.put('n', value, { ttl: 100 });
      await expect(stranger('n').decr('n')).rejects.toMatchObject({
        name: 'CacheError',
        code: 'NON_NUMERIC_VALUE',
      });
      expect([await cache.get('n'), await cache.ttl('n')]).toEqual([value, 100]);
    },
  );

  itSteadily(
    setUp,
    'counts by its own name a write for a new entry, an update for one that is there, and nothing for a refusal',
    async () => {
      const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
      await stranger('n').decr('n');
      await stranger('n').decr('n');
      await cache.put('text', 'text');
      await expect(cache.decr('text')).rejects.toMatchObject({ code: 'NON_NUMERIC_VALUE' });
      expect((await owner('n').stats()).updates).toBe(1);
      expect(await counted()).toMatchObject({ writes: 2, updates: 1, calls: { decr: 2, put: 1 } });
      expect((await counted()).calls.incr).toBeUndefined();
    },
  );
});
