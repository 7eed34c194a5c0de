import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('incr $name', (setUp) => {
  afterAll(() => setUp.close());

  it('adds one, or what it is told, and answers the sum', async () => {
    const { cache, stranger, owner } = await setUp.open();
    expect(await stranger('n').incr('n')).toBe(1);
    expect(await owner('n').incr('n', 10)).toBe(11);
    expect(await cache.incr('n', -20)).toBe(-9);
    expect(await stranger('n').incr('n', 0)).toBe(-9);
    expect(await stranger('n').get('n')).toBe(-9);
  });

  it('starts from the default, and ignores it where there is an entry', async () => {
    const { stranger } = await setUp.open();
    expect(await stranger('n').incr('n', 1, { default: 100 })).toBe(101);
    expect(await stranger('n').incr('n', undefined, { default: 500 })).toBe(102);
  });

  it('gives a new entry the default time to live, and leaves the expiry of one that is there', async () => {
    const { cache, stranger, advance } = await setUp.open({ ttl: 1_000 });
    await stranger('n').incr('n');
    advance(400);
    await stranger('n').incr('n');
    expect(await cache.ttl('n')).toBe(600);
    advance(600);
    expect(await stranger('n').incr('n')).toBe(1);
  });

  it('gives a new entry the time to live it is told, and leaves the expiry of one that is there', async () => {
    const { cache, stranger, advance } = await setUp.open({ ttl: 1_000 });
    await stranger('n').incr('n', 1, { ttl: '5s' });
    advance(2_000);
    await stranger('n').incr('n', 1, { ttl: '5s' });
    expect(await cache.ttl('n')).toBe(3_000);
    advance(3_000);
    expect(await stranger('n').incr('n', 1, { ttl: null })).toBe(1);
    expect(await cache.ttl('n')).toBe(null);
    await expect(cache.incr('n', 1, { ttl: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('loses no step, whoever adds at the same time', async () => {
    const { cache, everywhere } = await setUp.open();
    const steps = everywhere.flatMap((one) =>
      manyKeys.flatMap((_, n) => [one.incr('shared'), one.incr(`own-${n % 3}`, 2)]),
    );
    await Promise.all(steps);
    const total = everywhere.length * manyKeys.length;
    expect(await cache.get('shared')).toBe(total);
    expect(await cache.get('own-0')).toBe((total / 3) * 2);
  });

  it.each([['text'], [null], [undefined], [1.5], [10n], [{ n: 1 }], [Number.MAX_SAFE_INTEGER]])(
    'refuses to add to %s and leaves it as it is',
    async (value) => {
      const { cache, stranger } = await setUp.open();
      await cache.put('n', value, { ttl: 100 });
      await expect(stranger('n').incr('n')).rejects.toMatchObject({
        name: 'CacheError',
        code: 'NON_NUMERIC_VALUE',
      });
      expect([await cache.get('n'), await cache.ttl('n')]).toEqual([value, 100]);
    },
  );

  itSteadily(
    setUp,
    'counts a write for a new entry, an update for one that is there, and nothing for a refusal',
    async () => {
      const { cache, owner, stranger, counted } = await setUp.open({ stats: true });
      await stranger('n').incr('n');
      await stranger('n').incr('n');
      await cache.put('text', 'text');
      await expect(cache.incr('text')).rejects.toMatchObject({ code: 'NON_NUMERIC_VALUE' });
      expect((await owner('n').stats()).updates).toBe(1);
      expect(await counted()).toMatchObject({ writes: 2, updates: 1, calls: { incr: 2, put: 1 } });
    },
  );
});
