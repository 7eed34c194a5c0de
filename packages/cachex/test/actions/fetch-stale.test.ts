import { afterAll, describe, expect, it, vi } from 'vitest';
import { type CacheErrorCode, commit, type Key, type LoadContext } from '../../src/index.ts';
import { aGate, eventually } from '../gate.ts';
import { itSteadily, type Opened, type Options, type SetUp, setUps } from '../set-ups.ts';

/** A cache with a loader that counts, and waits for its gate from the second time on. */
async function counting(
  setUp: SetUp,
  more: Options = {},
): Promise<Opened & { load: (key: Key) => Promise<string>; loads: () => number; go: () => void }> {
  let loads = 0;
  const gate = aGate();
  const load = async (_key: Key): Promise<string> => {
    loads += 1;
    const text = `load ${loads}`;
    if (loads > 1) await gate.passed;
    return text;
  };
  const opened = await setUp.open({ stats: true, functions: { load }, ...more });
  return { ...opened, load, loads: () => loads, go: gate.open };
}

const kept = { ttl: 100, staleFor: 1_000 } as const;

describe.each(setUps)('fetch of what is stale $name', (setUp) => {
  afterAll(() => setUp.close());

  describe.each([['by name'], ['with a function']])('%s', (how) => {
    it('answers it at once, while one refresh loads it anew', async () => {
      const { cache, everywhere, stranger, advance, load, loads, go } = await counting(setUp);
      const loader = how === 'by name' ? 'load' : load;
      expect(await stranger('ada').fetch('ada', loader, kept)).toBe('load 1');
      advance(99);
      expect(await stranger('ada').fetch('ada', loader, kept)).toBe('load 1');
      expect(loads()).toBe(1);
      advance(1);
      for (const one of everywhere) expect(await one.fetch('ada', loader, kept)).toBe('load 1');
      await eventually(() => loads() === 2);
      go();
      await eventually(async () => (await cache.get('ada')) === 'load 2');
      expect(await cache.ttl('ada')).toBe(100);
      for (const one of everywhere) expect(await one.fetch('ada', loader, kept)).toBe('load 2');
      expect(loads()).toBe(2);
    });

    it('waits for the refresh within the soft timeout', async () => {
      const { stranger, advance, load, loads, go } = await counting(setUp);
      const loader = how === 'by name' ? 'load' : load;
      await stranger('ada').fetch('ada', loader, kept);
      advance(100);
      const answer = stranger('ada').fetch('ada', loader, { ...kept, softTimeout: '1h' });
      await eventually(() => loads() === 2);
      const joined = stranger('ada').fetch('ada', loader, { ...kept, softTimeout: '1h' });
      go();
      expect(await answer).toBe('load 2');
      expect(await joined).toBe('load 2');
    });

    it('answers it when the soft timeout has passed', async () => {
      const { stranger, advance, load, loads, go } = await counting(setUp);
      const loader = how === 'by name' ? 'load' : load;
      await stranger('ada').fetch('ada', loader, kept);
      advance(100);
      const answer = stranger('ada').fetch('ada', loader, { ...kept, softTimeout: 200 });
      await eventually(() => loads() === 2);
      let answered: unknown;
      void answer.then((value) => {
        answered = value;
      });
      await eventually(() => {
        advance(50);
        return answered !== undefined;
      });
      expect(await answer).toBe('load 1');
      go();
    });

    it('loads and waits when it is not kept any longer', async () => {
      const { stranger, advance, load, loads, go } = await counting(setUp);
      const loader = how === 'by name' ? 'load' : load;
      await stranger('ada').fetch('ada', loader, kept);
      advance(1_100);
      const answer = stranger('ada').fetch('ada', loader, kept);
      await eventually(() => loads() === 2);
      go();
      expect(await answer).toBe('load 2');
    });

    it('keeps it when the refresh fails, which is reported, and tries again', async () => {
      const load = vi.fn(async (): Promise<string> => 'first');
      const { everywhere, cache, stranger, advance } = await setUp.open({ functions: { load } });
      const loader = how === 'by name' ? 'load' : load;
      await stranger('ada').fetch('ada', loader, kept);
      advance(100);
      load.mockRejectedValueOnce(new Error('the database is away'));
      expect(await stranger('ada').fetch('ada', loader, { ...kept, softTimeout: '1h' })).toBe('first');
      await eventually(() => load.mock.calls.length === 2);
      load.mockResolvedValue('second');
      await eventually(async () => {
        expect(await everywhere[0]!.fetch('ada', loader, kept)).toMatch(/first|second/);
        return (await cache.get('ada')) === 'second';
      });
      expect(load.mock.calls.length).toBeGreaterThan(2);
    });

    it('gives everyone who waits TIMEOUT with the key when the loader takes too long, and drops what it brings', async () => {
      const late = aGate();
      const signals: AbortSignal[] = [];
      const load = async (_key: Key, { signal }: LoadContext): Promise<string> => {
        signals.push(signal);
        await late.passed;
        return 'late';
      };
      const opened = await setUp.open({ stats: true, functions: { load } });
      const { owner, everywhere, advance, cache } = opened;
      const loader = how === 'by name' ? 'load' : load;
      const failures = everywhere.map((one) =>
        one.fetch(['user', 'ada'], loader, { hardTimeout: 500 }).catch((error: unknown) => error),
      );
      await eventually(async () => (await owner(['user', 'ada']).stats()).misses === failures.length);
      await eventually(() => signals.length > 0);
      advance(500);
      for (const failure of failures) {
        expect(await failure).toMatchObject({
          name: 'CacheError',
          code: 'TIMEOUT' satisfies CacheErrorCode,
          message: "hardTimeout: the loader of ['user', 'ada'] has not answered within 500 ms",
        });
      }
      expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
      late.open();
      expect(await cache.size()).toBe(0);
      expect(await cache.fetch(['user', 'ada'], () => 'in time')).toBe('in time');
    });

    it('loads although there is a live entry if it is told to, once for all who ask', async () => {
      const { everywhere, cache, stranger, load, loads, go } = await counting(setUp);
      const loader = how === 'by name' ? 'load' : load;
      await stranger('ada').fetch('ada', loader);
      const first = stranger('ada').fetch('ada', loader, { forceRefresh: true });
      await eventually(() => loads() === 2);
      expect(await cache.fetch('ada', loader)).toBe('load 1');
      go();
      expect(await first).toBe('load 2');
      for (const one of everywhere) expect(await one.get('ada')).toBe('load 2');
      expect(loads()).toBe(2);
    });
  });

  it('is a miss for everybody else', async () => {
    const { cache, stranger, advance } = await setUp.open({
      functions: { load: () => commit('old', { tags: ['t'] }) },
    });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await stranger(key).fetch(key, 'load', kept);
    advance(100);
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.exists('a')).toBe(false);
    expect(await cache.ttl('a')).toBeUndefined();
    expect(await cache.count()).toBe(0);
    expect(await cache.isEmpty()).toBe(true);
    expect(await cache.keys()).toEqual([]);
    expect(await cache.size()).toBe(8);
    expect(await cache.purge()).toBe(0);
    expect(await cache.persist('a')).toBe(false);
    expect(await cache.expire('a', '1h')).toBe(false);
    expect(await cache.refresh('a')).toBe(false);
    expect(await cache.touch('a')).toBe(false);
    expect(await cache.update('a', 'new')).toBe(false);
    expect(await cache.add('a', 'new')).toBe(true);
    expect(await cache.incr('b')).toBe(1);
    await cache.put('c', 'new');
    expect(await cache.take('d')).toBeUndefined();
    expect(await cache.del('e')).toBe(false);
    expect(await cache.expire('f', 0)).toBe(false);
    // Those three are gone for good.
    for (const key of ['d', 'e', 'f']) expect(await stranger(key).fetch(key, () => 'new')).toBe('new');
    expect(await cache.size()).toBe(8);
    expect(await cache.invalidateTag('t')).toBe(0);
    expect((await cache.keys()).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(await cache.size()).toBe(6);
  });

  it('is gone once a transaction has removed it', async () => {
    const { cache, stranger, advance } = await setUp.open({ functions: { load: () => 'old' } });
    await stranger('a').fetch('a', 'load', kept);
    advance(100);
    await cache.transaction(['a'], async (tx) => tx.del('a'));
    expect(await stranger('a').fetch('a', () => 'new')).toBe('new');
  });

  itSteadily(setUp, 'is removed, told and counted once it is not kept any longer', async () => {
    const { cache, counted, advance } = await setUp.open({
      stats: true,
      expiration: { interval: false },
      functions: { load: () => 'old' },
    });
    await cache.fetch('a', 'load', kept);
    await cache.fetch('b', 'load', kept);
    advance(1_099);
    expect([await cache.get('a'), await cache.purge(), await cache.size()]).toEqual([undefined, 0, 2]);
    expect((await counted()).expirations).toBe(0);
    advance(1);
    expect([await cache.get('a'), await cache.purge(), await cache.size()]).toEqual([undefined, 1, 0]);
    expect(await counted()).toMatchObject({ expirations: 2, hits: 0, misses: 4, loads: 2 });
  });

  itSteadily(setUp, 'is swept once it is not kept any longer', async () => {
    const { cache, advance } = await setUp.open({ functions: { load: () => 'old' } });
    await cache.fetch('a', 'load', { ttl: 1_000, staleFor: 3_500 });
    advance(3_000);
    expect(await cache.size()).toBe(1);
    advance(3_000);
    expect(await cache.size()).toBe(0);
  });
});
