import { afterAll, describe, expect, it } from 'vitest';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('get $name', (setUp) => {
  afterAll(() => setUp.close());

  it('answers the value, or undefined for a miss', async () => {
    const { cache, everywhere } = await setUp.open();
    await cache.put('ada', { email: 'ada@example.org' });
    for (const one of everywhere) {
      expect(await one.get('ada')).toEqual({ email: 'ada@example.org' });
      expect(await one.get('bob')).toBeUndefined();
    }
  });

  it('answers the default for a miss, as it was given, and does not store it', async () => {
    const { cache, everywhere } = await setUp.open();
    const standIn = { email: () => 'functions never travel here' };
    for (const one of everywhere) expect(await one.get('bob', { default: standIn })).toBe(standIn);
    expect(await cache.exists('bob')).toBe(false);
  });

  it('does not answer the default for a value', async () => {
    const { cache, everywhere } = await setUp.open();
    await cache.put('null', null);
    await cache.put('zero', 0);
    for (const one of everywhere) {
      expect(await one.get('null', { default: 5 })).toBeNull();
      expect(await one.get('zero', { default: 5 })).toBe(0);
    }
  });

  it('misses what has expired', async () => {
    const { cache, everywhere, advance } = await setUp.open({ ttl: 100 });
    await cache.put('ada', 1);
    advance(100);
    for (const one of everywhere) expect(await one.get('ada', { default: 'gone' })).toBe('gone');
    expect(await cache.size()).toBe(0);
  });

  it('leaves what has expired to the sweep when reads are not to remove it', async () => {
    const { cache, stranger, advance } = await setUp.open({
      ttl: 100,
      stats: true,
      expiration: { lazy: false, interval: '10s' },
    });
    await cache.put('ada', 1);
    advance(100);
    expect([await stranger('ada').get('ada'), await cache.size()]).toEqual([undefined, 1]);
    advance(9_900);
    expect(await cache.size()).toBe(0);
  });

  itSteadily(setUp, 'counts a hit or a miss, and an expiration, where the key lives', async () => {
    const { cache, owner, stranger, counted, advance } = await setUp.open({ stats: true });
    await cache.put('ada', undefined, { ttl: 10 });
    await stranger('ada').get('ada');
    await owner('ada').get('ada');
    advance(10);
    await stranger('ada').get('ada');
    expect(await owner('ada').stats()).toMatchObject({ hits: 2, misses: 1, expirations: 1 });
    expect(await counted()).toMatchObject({
      hits: 2,
      misses: 1,
      expirations: 1,
      calls: { put: 1, get: 3 },
    });
  });
});
