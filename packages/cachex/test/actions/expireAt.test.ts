import { afterAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { itSteadily, type Opened, type Options, type SetUp, setUps } from '../set-ups.ts';

/** A cache on a clock that the test reads, too. */
async function aCache(setUp: SetUp, options: Options = {}): Promise<Opened & { clock: ManualClock }> {
  const clock = new ManualClock();
  return { ...(await setUp.open({ ...options, clock })), clock };
}

describe.each(setUps)('expireAt $name', (setUp) => {
  afterAll(() => setUp.close());

  it.each<[what: string, instant: (ms: number) => Date | number]>([
    ['a date', (ms) => new Date(ms)],
    ['milliseconds since 1970', (ms) => ms],
  ])('lets an entry expire at %s and leaves its value', async (_what, instant) => {
    const { cache, everywhere, stranger, clock } = await aCache(setUp);
    await cache.put('ada', { n: 1 }, { ttl: 100 });
    clock.advance(50);
    expect(await stranger('ada').expireAt('ada', instant(clock.wallTime() + 1_000))).toBe(true);
    for (const one of everywhere) {
      expect([await one.get('ada'), await one.ttl('ada')]).toEqual([{ n: 1 }, 1_000]);
    }
    clock.advance(999);
    expect(await cache.exists('ada')).toBe(true);
    clock.advance(1);
    expect(await stranger('ada').exists('ada')).toBe(false);
  });

  it('gives the entry a time to live that refresh starts anew', async () => {
    const { cache, stranger, clock } = await aCache(setUp);
    await cache.put('ada', 1);
    await stranger('ada').expireAt('ada', clock.wallTime() + 1_000);
    clock.advance(400);
    await stranger('ada').refresh('ada');
    expect(await cache.ttl('ada')).toBe(1_000);
  });

  it('is found by the sweep', async () => {
    const { cache, stranger, clock } = await aCache(setUp, { expiration: { interval: '3s' } });
    await cache.put('ada', 1);
    await stranger('ada').expireAt('ada', clock.wallTime() + 1_000);
    clock.advance(3_000);
    expect(await cache.size()).toBe(0);
  });

  it('removes the expiry with Infinity', async () => {
    const { cache, stranger, clock } = await aCache(setUp, { ttl: 100 });
    await cache.put('ada', 1);
    expect(await stranger('ada').expireAt('ada', Number.POSITIVE_INFINITY)).toBe(true);
    clock.advance(10_000);
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([1, null]);
  });

  it.each<[what: string, instant: (now: number) => Date | number]>([
    ['now', (now) => now],
    ['the past', (now) => new Date(now - 1)],
    ['1970', () => 0],
    ['a time before 1970', () => new Date(-1)],
    ['-Infinity', () => Number.NEGATIVE_INFINITY],
  ])('removes the entry with %s', async (_what, instant) => {
    const { cache, stranger, clock } = await aCache(setUp);
    await cache.put('ada', 1);
    expect(await stranger('ada').expireAt('ada', instant(clock.wallTime()))).toBe(true);
    expect([await cache.exists('ada'), await cache.size()]).toEqual([false, 0]);
  });

  it('answers false where there is no live entry', async () => {
    const { cache, stranger, clock } = await aCache(setUp);
    await cache.put('ada', 1, { ttl: 10 });
    clock.advance(10);
    for (const key of ['ada', 'eve']) {
      for (const instant of [clock.wallTime() + 100, Number.POSITIVE_INFINITY, 0]) {
        expect(await stranger(key).expireAt(key, instant)).toBe(false);
      }
    }
    expect(await cache.size()).toBe(0);
  });

  itSteadily(setUp, 'counts by its own name an update, a removal, or nothing', async () => {
    const { cache, owner, stranger, counted, clock } = await aCache(setUp, { stats: true });
    await cache.put('ada', 1);
    await stranger('ada').expireAt('ada', clock.wallTime() + 100);
    await stranger('ada').expireAt('ada', Number.POSITIVE_INFINITY);
    await stranger('ada').expireAt('ada', 0);
    await stranger('ada').expireAt('ada', clock.wallTime() + 100);
    await stranger('ada').expireAt('ada', 0);
    expect(await owner('ada').stats()).toMatchObject({ updates: 2, removals: 1 });
    expect(await counted()).toMatchObject({ updates: 2, removals: 1, calls: { put: 1, expireAt: 5 } });
    expect((await counted()).calls.expire).toBeUndefined();
  });
});
