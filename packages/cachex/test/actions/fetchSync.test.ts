import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Cache, commit, createCache, ignore } from '../../src/index.ts';
import { aGate } from '../gate.ts';
import { ManualClock } from '../manual-clock.ts';
import { clusters } from '../set-ups.ts';

describe('fetchSync', () => {
  it('loads on a miss, stores the value, and answers it at once', () => {
    const cache = createCache<string, string>({ stats: true });
    const load = vi.fn((key: string) => `${key}!`);
    expect(cache.fetchSync('ada', load)).toBe('ada!');
    expect(cache.fetchSync('ada', load)).toBe('ada!');
    expect(cache.get('ada')).toBe('ada!');
    expect(load).toHaveBeenCalledExactlyOnceWith('ada');
    expect(cache.stats()).toMatchObject({
      hits: 2,
      misses: 1,
      loads: 1,
      writes: 1,
      calls: { fetchSync: 2, get: 1 },
    });
  });

  it('keeps to what the loader, the call and the cache say', () => {
    const clock = new ManualClock();
    const cache = createCache<string, unknown>({ clock, ttl: '1m' });
    cache.fetchSync('a', () => 'plain');
    cache.fetchSync('b', () => 'plain', { ttl: 500, tags: ['t'] });
    cache.fetchSync('c', () => commit('committed', { ttl: '1s', tags: ['u'] }), { ttl: 500, tags: ['t'] });
    expect(cache.fetchSync('d', () => ignore('draft'), { default: 5 })).toBe('draft');
    expect(cache.fetchSync('e', () => undefined, { default: 5 })).toBe(5);
    expect(cache.fetchSync('f', () => commit(undefined))).toBeUndefined();
    expect(cache.fetchSync('g', () => null, { default: 5 })).toBeNull();
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => cache.ttl(key))).toEqual([
      60_000,
      500,
      1_000,
      undefined,
      undefined,
      60_000,
    ]);
    expect([cache.invalidateTag('t'), cache.invalidateTag('u')]).toEqual([1, 1]);
  });

  it('passes on what the loader throws, and stores nothing', () => {
    const cache = createCache<string, number>();
    const failure = new RangeError('no');
    expect(() =>
      cache.fetchSync('ada', () => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(cache.size()).toBe(0);
  });

  it.each([
    ['resolves', () => Promise.resolve(1)],
    ['rejects', () => Promise.reject(new Error('nobody waits for it'))],
  ])('refuses a loader with a promise that %s, and stores nothing', (_how, loader) => {
    const cache: Cache<string[], unknown> = createCache<string[], unknown>();
    expect(() => cache.fetchSync(['user', 'ada'], loader as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message:
          "loader: it returned a promise for ['user', 'ada']; use fetch for a loader that must be awaited",
      }),
    );
    expect(cache.size()).toBe(0);
  });

  it('leaves what the loader itself has stored', () => {
    const cache = createCache<string, string>();
    const answer = cache.fetchSync('ada', (key) => {
      cache.put(key, 'by the loader');
      return 'returned';
    });
    expect([answer, cache.get('ada')]).toEqual(['returned', 'by the loader']);
  });

  it('does not wait for a fetch under way, and overtakes it', async () => {
    const cache = createCache<string, string>();
    const gate = aGate();
    const slow = cache.fetch('ada', async () => {
      await gate.passed;
      return 'slow';
    });
    expect(cache.fetchSync('ada', () => 'fast')).toBe('fast');
    gate.open();
    expect([await slow, cache.get('ada')]).toEqual(['slow', 'fast']);
  });
});

describe.each(clusters)('fetchSync $name', (setUp) => {
  afterAll(() => setUp.close());

  it('is refused, saying what to use', async () => {
    const { everywhere } = await setUp.open();
    for (const cache of everywhere)
      await expect(cache.fetchSync('ada', (() => 1) as never)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^fetchSync: cache 'cache-\d+' is shared by a cluster.*use fetch$/),
      });
  });
});
