import { afterAll, describe, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';
import { distinctKeys, manyKeys } from '../keys.ts';
import { ManualClock } from '../manual-clock.ts';
import { MemoryFiles } from '../memory-files.ts';
import { setUps } from '../set-ups.ts';

/** A file that a cache of this process has dumped. */
async function aDump(
  fill: (cache: ReturnType<typeof createCache>) => void,
  clock = new ManualClock(),
): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const cache = createCache({ files, clock });
  fill(cache);
  await cache.dump('dump');
  cache.close();
  return files;
}

describe.each(setUps)('load $name', (setUp) => {
  afterAll(() => setUp.close());

  it('restores what was dumped there or in this process, with what is left of its time', async () => {
    const files = new MemoryFiles();
    const { cache, advance } = await setUp.open({ files });
    const values = [undefined, null, 5n, new Map([['a', new Set([1])]]), [new Date(5)], Buffer.from('x')];
    for (const [n, key] of manyKeys.entries())
      await cache.put(key, { n }, { ttl: n % 2 === 0 ? '1h' : null });
    for (const [, key] of distinctKeys) await cache.put(key, 'distinct');
    for (const [n, value] of values.entries()) await cache.put(['value', n], value);
    advance(600_000);
    const count = await cache.dump('there');
    const here = createCache({ files, clock: new ManualClock() });
    expect(await here.load('there')).toBe(count);
    await here.dump('here');
    here.close();
    for (const path of ['there', 'here']) {
      const { cache: other } = await setUp.open({ files });
      await other.put('stays', 1);
      await other.put(manyKeys[0]!, 'overwritten');
      expect(await other.restore(path)).toBe(count);
      expect(await other.size()).toBe(count + 1);
      for (const [n, key] of manyKeys.entries()) {
        expect(await other.get(key)).toEqual({ n });
        expect(await other.ttl(key)).toBeCloseTo(n % 2 === 0 ? 3_000_000 : (null as never), -5);
      }
      for (const [, key] of distinctKeys) expect(await other.get(key)).toBe('distinct');
      for (const [n, value] of values.entries()) expect(await other.get(['value', n])).toEqual(value);
      expect(await other.refresh(manyKeys[0]!)).toBe(true);
      expect(await other.ttl(manyKeys[0]!)).toBe(3_600_000);
    }
  });

  it('tells how far it is, and ends with what that throws or the signal says', async () => {
    const files = await aDump((cache) => {
      for (const key of manyKeys) cache.put(key, 'x'.repeat(10_000));
    });
    const { cache } = await setUp.open({ files });
    const told: number[] = [];
    expect(await cache.load('dump', { onProgress: (entries) => told.push(entries) })).toBe(manyKeys.length);
    expect(told.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBe(manyKeys.length);
    const reason = new Error('enough');
    await expect(cache.load('dump', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const stop = new AbortController();
    const options = { signal: stop.signal, onProgress: () => stop.abort(reason) };
    await expect(cache.load('dump', options)).rejects.toBe(reason);
  });

  it('refuses what is not a dump, and loads nothing of it', async () => {
    const files = await aDump((cache) => {
      for (const key of manyKeys) cache.put(key, 'x'.repeat(10_000));
    });
    const whole = files.stored.get('dump')!;
    files.stored.set('cut', whole.subarray(0, whole.length - 60));
    files.stored.set('longer', Buffer.concat([whole, Buffer.of(0)]));
    files.stored.set('other', Buffer.from('{"entries": []}'));
    files.stored.set('empty', Buffer.alloc(0));
    const flipped = Buffer.from(whole);
    flipped[whole.length - 1_000]! ^= 1;
    files.stored.set('flipped', flipped);
    const { cache } = await setUp.open({ files });
    const offsets: Record<string, unknown> = {
      cut: whole.length - 60,
      longer: whole.length,
      other: 0,
      empty: 0,
      flipped: expect.any(Number),
    };
    for (const [path, offset] of Object.entries(offsets))
      await expect(cache.load(path)).rejects.toMatchObject({ code: 'INVALID_DUMP', offset });
    await expect(cache.load('none')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await cache.size()).toBe(0);
    expect(await cache.load('dump')).toBe(manyKeys.length);
  });
});

describe('times in a dump', () => {
  const fill = (cache: ReturnType<typeof createCache>): void => {
    cache.put('short', 1, { ttl: 1_000 });
    cache.put('long', 2, { ttl: 10_000 });
    cache.put('ever', 3);
  };

  /** A clock by which it is so many ms later than it was for the one before. */
  function later(ms: number): ManualClock {
    const clock = new ManualClock();
    const wall = clock.wallTime.bind(clock);
    clock.wallTime = () => wall() + ms;
    return clock;
  }

  it.each([
    [0, { short: 1_000, long: 10_000, ever: null }],
    [999, { short: 1, long: 9_001, ever: null }],
    [1_000, { long: 9_000, ever: null }],
    [10_000, { ever: null }],
    [-5_000, { short: 1_000, long: 10_000, ever: null }],
  ])('are less by what has passed since: %i ms', async (ms, left) => {
    const files = await aDump(fill);
    const cache = createCache<string, number>({ files, clock: later(ms) });
    expect(await cache.load('dump')).toBe(Object.keys(left).length);
    expect(
      Object.fromEntries([...cache.stream({ select: 'key' })].map((key) => [key, cache.ttl(key)])),
    ).toEqual(left);
    cache.close();
  });

  it('are counted from its beginning, however long it takes', async () => {
    const files = new MemoryFiles();
    const clock = new ManualClock();
    const cache = createCache<number, string>({ files, clock });
    for (let key = 0; key < 1_000; key += 1) cache.put(key, 'x'.repeat(1_000), { ttl: 60_000 });
    await cache.dump('dump', { onProgress: () => clock.advance(10_000) });
    const other = createCache<number, string>({ files, clock });
    await other.load('dump');
    for (const { key, expiration } of other.stream()) {
      const { expiration: earlier } = cache.stream({ where: { key } }).next().value;
      expect(Math.abs(expiration! - earlier!)).toBeLessThanOrEqual(1);
    }
    expect(other.count()).toBe(1_000);
  });
});
