import { afterAll, describe, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('ttl $name', (setUp) => {
  afterAll(() => setUp.close());

  it('answers the milliseconds that are left, null for ever, and undefined for no entry', async () => {
    const { cache, everywhere, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: '2s' });
    await cache.put('bob', 1);
    advance(500);
    for (const one of everywhere) {
      expect([await one.ttl('ada'), await one.ttl('bob'), await one.ttl('eve')]).toEqual([
        1_500,
        null,
        undefined,
      ]);
    }
    advance(1_500);
    for (const one of everywhere) expect(await one.ttl('ada')).toBeUndefined();
  });

  it('rounds up: what still lives has a millisecond at least', async () => {
    const { cache, advance } = await setUp.open();
    await cache.put('ada', 1, { ttl: 10 });
    advance(9.5);
    expect([await cache.ttl('ada'), await cache.exists('ada')]).toEqual([1, true]);
  });

  it('starts from the default time to live', async () => {
    const { cache, stranger } = await setUp.open({ ttl: '5m' });
    await cache.put('ada', 1);
    expect(await stranger('ada').ttl('ada')).toBe(300_000);
  });

  itSteadily(setUp, 'counts a call, and neither a hit nor a miss', async () => {
    const { stranger, owner, counted } = await setUp.open({ stats: true });
    await stranger('ada').ttl('ada');
    expect((await owner('ada').stats()).calls.ttl).toBe(1);
    expect(await counted()).toMatchObject({ hits: 0, misses: 0, calls: { ttl: 1 } });
  });
});

it('is never more than was given, whatever the fractions of the clock', () => {
  const clock = new ManualClock();
  const cache = createCache<string, number>({ clock });
  for (let n = 0; n < 200; n += 1) {
    clock.advance(0.123_456_7);
    cache.put('a', 1, { ttl: 10_000 });
    expect(cache.ttl('a')).toBe(10_000);
  }
  cache.close();
});
