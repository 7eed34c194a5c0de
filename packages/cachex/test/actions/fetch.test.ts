import { afterAll, describe, expect, it, vi } from 'vitest';
import { CacheError, commit, type FunctionMap, ignore, type Key } from '../../src/index.ts';
import { aGate, eventually } from '../gate.ts';
import { distinctKeys, manyKeys } from '../keys.ts';
import { clusters, itSteadily, type Opened, setUps } from '../set-ups.ts';

/** Resolves once `amount` calls have asked for `key` and found nothing; one that is judged again asks twice. */
function asked({ owner }: Opened, key: Key, amount: number): Promise<void> {
  // Of all nodes: the owner may be one that nobody has a facade of.
  return eventually(async () => (await owner(key).stats({ cluster: true })).misses >= amount);
}

describe.each(setUps)('fetch $name', (setUp) => {
  afterAll(() => setUp.close());

  it('loads on a miss and stores the value, which is read everywhere', async () => {
    const load = vi.fn(async (key: Key) => ({ name: `${key}!` }));
    const { stranger, everywhere } = await setUp.open({ functions: { load } });
    for (const key of manyKeys) expect(await stranger(key).fetch(key, 'load')).toEqual({ name: `${key}!` });
    for (const cache of everywhere) {
      for (const key of manyKeys) {
        expect(await cache.fetch(key, 'load')).toEqual({ name: `${key}!` });
        expect(await cache.get(key)).toEqual({ name: `${key}!` });
      }
    }
    expect(load).toHaveBeenCalledTimes(manyKeys.length);
  });

  it('does not load what is there, not even null or undefined', async () => {
    const load = vi.fn(() => 'loaded');
    const { cache, stranger } = await setUp.open({ functions: { load } });
    await cache.put('null', null);
    await cache.put('undefined', undefined);
    expect(await stranger('null').fetch('null', 'load')).toBeNull();
    expect(await stranger('undefined').fetch('undefined', 'load')).toBeUndefined();
    expect(load).not.toHaveBeenCalled();
  });

  it('gives the loader the key as it is, and a signal', async () => {
    const keys: Key[] = [];
    const signals: boolean[] = [];
    const functions: FunctionMap<Key, unknown> = {
      load: (key, { signal }) => {
        keys.push(key);
        signals.push(signal instanceof AbortSignal && !signal.aborted);
      },
    };
    const { stranger } = await setUp.open({ functions });
    for (const [, key] of distinctKeys) await stranger(key).fetch(key, 'load');
    expect(keys).toEqual(distinctKeys.map(([, key]) => key));
    expect(new Set(signals)).toEqual(new Set([true]));
  });

  it('runs one load for everyone who asks at once, wherever they are', async () => {
    const gate = aGate();
    const load = vi.fn(async () => {
      await gate.passed;
      return { loaded: true };
    });
    const opened = await setUp.open({ stats: true, functions: { load } });
    const answers = opened.everywhere.flatMap((cache) => [
      cache.fetch('ada', 'load'),
      cache.fetch('ada', 'load'),
    ]);
    await asked(opened, 'ada', answers.length);
    gate.open();
    for (const answer of answers) expect(await answer).toEqual({ loaded: true });
    expect(load).toHaveBeenCalledTimes(1);
    expect(await opened.counted()).toMatchObject({ loads: 1, writes: 1, calls: { fetch: answers.length } });
  });

  it('loads different keys side by side', async () => {
    const gate = aGate();
    const functions: FunctionMap<Key, unknown> = {
      load: async (key) => {
        if (key === 'slow') await gate.passed;
        return key;
      },
    };
    const { stranger } = await setUp.open({ functions });
    const slow = stranger('slow').fetch('slow', 'load', { ttl: 5 });
    expect(await stranger('fast').fetch('fast', 'load')).toBe('fast');
    gate.open();
    expect(await slow).toBe('slow');
  });

  it('gives a loader’s error to everyone who waits, as it was thrown, and loads again next time', async () => {
    const gate = aGate();
    const load = vi.fn(async (): Promise<string> => {
      await gate.passed;
      const cause = new Error('the disk is full');
      throw Object.assign(new RangeError('no such user', { cause }), {
        code: 'E_USER',
        status: 404,
        detail: { tried: ['db', 'ldap'] },
      });
    });
    const opened = await setUp.open({ stats: true, functions: { load } });
    const answers = opened.everywhere.flatMap((cache) => [
      cache.fetch('ada', 'load'),
      cache.fetch('ada', 'load'),
    ]);
    const failures = Promise.all(answers.map((answer) => answer.catch((error: unknown) => error)));
    await asked(opened, 'ada', answers.length);
    gate.open();
    for (const failure of await failures) {
      expect(failure).toBeInstanceOf(RangeError);
      expect(failure).toMatchObject({
        name: 'RangeError',
        message: 'no such user',
        code: 'E_USER',
        status: 404,
        detail: { tried: ['db', 'ldap'] },
        cause: expect.objectContaining({ message: 'the disk is full' }),
      });
      expect(Object.keys(failure as object).sort()).toEqual(['code', 'detail', 'status']);
    }
    expect(load).toHaveBeenCalledTimes(1);
    expect(await opened.cache.size()).toBe(0);
    load.mockResolvedValue('loaded');
    expect(await opened.stranger('ada').fetch('ada', 'load')).toBe('loaded');
  });

  class NotFound extends Error {
    override readonly name = 'NotFound';
    readonly table = 'users';
  }
  it.each([
    [
      'an error of its own class',
      new NotFound('gone'),
      { name: 'NotFound', message: 'gone', table: 'users' },
    ],
    [
      'an error of another cache',
      Object.assign(new CacheError('PARTIAL_RESULT', 'some', { cause: 'why' }), {
        answered: 5,
        missing: [1],
      }),
      {
        name: 'CacheError',
        code: 'PARTIAL_RESULT',
        message: 'some',
        cause: 'why',
        answered: 5,
        missing: [1],
      },
    ],
    ['what is no error', { reason: 'maintenance' }, { reason: 'maintenance' }],
  ])('passes on %s', async (_what, thrown, expected) => {
    const functions = {
      load: () => {
        throw thrown;
      },
    };
    const { everywhere } = await setUp.open({ functions });
    for (const cache of everywhere) await expect(cache.fetch('ada', 'load')).rejects.toMatchObject(expected);
  });

  it.each([['text'], [5], [null], [undefined]])('passes on a thrown %s', async (thrown) => {
    const functions = { load: () => Promise.reject(thrown) };
    const { stranger } = await setUp.open({ functions });
    await expect(stranger('ada').fetch('ada', 'load')).rejects.toBe(thrown);
  });

  it('gives what is loaded the time to live of commit, else of the call, else of the cache', async () => {
    const functions = {
      plain: () => 'plain',
      committed: () => commit('committed', { ttl: '1s' }),
      forEver: () => commit('for ever', { ttl: null }),
    };
    const { stranger } = await setUp.open({ ttl: '1m', functions });
    const ttlOf = async (key: string, name: string, ttl?: number): Promise<unknown> => {
      const cache = stranger(key);
      await cache.fetch(key, name, ttl === undefined ? {} : { ttl });
      return cache.ttl(key);
    };
    expect(await ttlOf('a', 'plain')).toBe(60_000);
    expect(await ttlOf('b', 'plain', 500)).toBe(500);
    expect(await ttlOf('c', 'committed', 500)).toBe(1_000);
    expect(await ttlOf('d', 'forEver', 500)).toBeNull();
  });

  it('loads again once what was loaded has expired', async () => {
    const load = vi.fn(() => 'loaded');
    const { cache, stranger, advance } = await setUp.open({ functions: { load } });
    await cache.fetch('ada', 'load', { ttl: 100 });
    advance(100);
    await stranger('ada').fetch('ada', 'load', { ttl: 100 });
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('answers what the loader asks to ignore, and a bare undefined, without storing them', async () => {
    const functions = {
      ignored: () => ignore({ stale: true }),
      ignoredNull: () => ignore(null),
      absent: () => undefined,
      stored: () => commit(undefined),
    };
    const { stranger, cache } = await setUp.open({ functions });
    expect(await stranger('a').fetch('a', 'ignored')).toEqual({ stale: true });
    expect(await stranger('b').fetch('b', 'ignoredNull', { default: 5 })).toBeNull();
    expect(await stranger('c').fetch('c', 'absent')).toBeUndefined();
    expect(await cache.size()).toBe(0);
    expect(await stranger('d').fetch('d', 'stored')).toBeUndefined();
    expect(await cache.keys()).toEqual(['d']);
  });

  it('answers the default where the loader finds nothing, as it was given, and stores nothing', async () => {
    const functions = { absent: async () => undefined };
    const { everywhere, cache } = await setUp.open({ functions });
    const standIn = { call: () => 'functions never travel here' };
    for (const one of everywhere)
      expect(await one.fetch('ada', 'absent', { default: standIn })).toBe(standIn);
    expect(await cache.size()).toBe(0);
  });

  it.each<[what: string, invalidate: (opened: Opened) => Promise<unknown>, left: unknown]>([
    ['del', ({ stranger }) => stranger('ada').del('ada'), undefined],
    ['clear', ({ stranger }) => stranger('ada').clear(), undefined],
    ['expire', ({ stranger }) => stranger('ada').expire('ada', 0), undefined],
    ['expireAt', ({ stranger }) => stranger('ada').expireAt('ada', 0), undefined],
    ['take', ({ stranger }) => stranger('ada').take('ada'), undefined],
    ['put', ({ stranger }) => stranger('ada').put('ada', 'put'), 'put'],
    ['add', ({ stranger }) => stranger('ada').add('ada', 'added'), 'added'],
    ['incr', ({ stranger }) => stranger('ada').incr('ada'), 1],
    ['decr', ({ stranger }) => stranger('ada').decr('ada'), -1],
  ])('answers a load that %s has overtaken, and does not store it', async (_what, invalidate, left) => {
    const gate = aGate();
    const load = vi.fn(async () => {
      await gate.passed;
      return 'loaded';
    });
    const opened = await setUp.open({ stats: true, functions: { load } });
    const answer = opened.stranger('ada').fetch('ada', 'load');
    await asked(opened, 'ada', 1);
    await invalidate(opened);
    gate.open();
    expect(await answer).toBe('loaded');
    for (const cache of opened.everywhere) expect(await cache.get('ada')).toBe(left);
  });

  it('loads anew for those who ask after an invalidation', async () => {
    const gates = [aGate(), aGate()];
    let loads = 0;
    const load = async (): Promise<number> => {
      loads += 1;
      const load = loads;
      await gates[load - 1]!.passed;
      return load;
    };
    const opened = await setUp.open({ stats: true, functions: { load } });
    const before = opened.stranger('ada').fetch('ada', 'load');
    await asked(opened, 'ada', 1);
    await opened.cache.del('ada');
    const after = opened.stranger('ada').fetch('ada', 'load');
    await asked(opened, 'ada', 2);
    gates[1]!.open();
    expect(await after).toBe(2);
    gates[0]!.open();
    expect(await before).toBe(1);
    expect(await opened.cache.get('ada')).toBe(2);
  });

  it('rejects with UNKNOWN_FUNCTION, naming the function and those there are', async () => {
    const { everywhere, name } = await setUp.open({ functions: { load: () => 1 } });
    for (const cache of everywhere) {
      await expect(cache.fetch('ada', 'lod')).rejects.toMatchObject({
        name: 'CacheError',
        code: 'UNKNOWN_FUNCTION',
        message: expect.stringContaining(`cache '${name}' has no function 'lod'; known: load`),
      });
    }
  });

  itSteadily(setUp, 'counts a miss and a load, then a hit, where the key lives', async () => {
    const { owner, stranger, counted } = await setUp.open({ stats: true, functions: { load: () => 1 } });
    await stranger('ada').fetch('ada', 'load');
    await stranger('ada').fetch('ada', 'load');
    expect(await owner('ada').stats()).toMatchObject({ hits: 1, misses: 1, loads: 1, writes: 1 });
    expect(await counted()).toMatchObject({ hits: 1, misses: 1, loads: 1, writes: 1, calls: { fetch: 2 } });
  });
});

describe.each(clusters)('fetch $name', (setUp) => {
  afterAll(() => setUp.close());

  itSteadily(
    setUp,
    'runs a function on the owner of the key, and says which node has none of that name',
    async () => {
      const ids = ['a', 'b', 'c'];
      const { cache, owner, everywhere } = await setUp.open((node) => ({
        functions: node === 0 ? { where: () => 'a' } : {},
      }));
      for (const key of manyKeys) {
        const at = everywhere.indexOf(owner(key));
        const answer = cache.fetch(key, 'where');
        if (at === 0) expect(await answer).toBe('a');
        else {
          await expect(answer).rejects.toMatchObject({
            code: 'UNKNOWN_FUNCTION',
            message: expect.stringMatching(new RegExp(`^node '${ids[at]}': .*'where'`)),
          });
        }
      }
    },
  );

  it('refuses a loaded value that cannot be sent, for everyone, and stores nothing', async () => {
    const { everywhere, cache } = await setUp.open({ functions: { load: () => ({ go: () => {} }) } });
    for (const one of everywhere) {
      await expect(one.fetch('ada', 'load')).rejects.toMatchObject({
        name: 'CacheError',
        code: 'NOT_SERIALIZABLE',
        message: expect.stringContaining("'go' is a function"),
      });
    }
    expect(await cache.exists('ada')).toBe(false);
  });
});

describe.each(setUps)('fetch with a function $name', (setUp) => {
  afterAll(() => setUp.close());

  it('loads on a miss and stores the value, which is read everywhere', async () => {
    const load = vi.fn(async (key: Key) => ({ name: `${key}!` }));
    const { stranger, everywhere } = await setUp.open();
    for (const key of manyKeys) expect(await stranger(key).fetch(key, load)).toEqual({ name: `${key}!` });
    for (const cache of everywhere) {
      for (const key of manyKeys) expect(await cache.fetch(key, load)).toEqual({ name: `${key}!` });
      expect(await cache.get(manyKeys[0]!)).toEqual({ name: `${manyKeys[0]}!` });
    }
    expect(load).toHaveBeenCalledTimes(manyKeys.length);
  });

  it('gives the loader the key as it is, and a signal', async () => {
    const load = vi.fn((_key: Key, _context: { signal: AbortSignal }) => undefined);
    const { stranger } = await setUp.open();
    for (const [, key] of distinctKeys) await stranger(key).fetch(key, load);
    expect(load.mock.calls.map(([key]) => key)).toEqual(distinctKeys.map(([, key]) => key));
    for (const [, { signal }] of load.mock.calls) expect(signal.aborted).toBe(false);
  });

  it('runs one load for everyone who asks at once, by name or with a function, wherever they are', async () => {
    const gate = aGate();
    const load = vi.fn(async () => {
      await gate.passed;
      return { loaded: true };
    });
    const opened = await setUp.open({ stats: true, functions: { load } });
    const answers = opened.everywhere.flatMap((cache) => [
      cache.fetch('ada', load),
      cache.fetch('ada', 'load'),
    ]);
    await asked(opened, 'ada', answers.length);
    gate.open();
    for (const answer of answers) expect(await answer).toEqual({ loaded: true });
    expect(load).toHaveBeenCalledTimes(1);
    expect(await opened.counted()).toMatchObject({ loads: 1, writes: 1, calls: { fetch: answers.length } });
  });

  it('gives the loader’s error to everyone who waits, and loads again next time', async () => {
    const gate = aGate();
    const load = vi.fn(async (): Promise<string> => {
      await gate.passed;
      throw Object.assign(new RangeError('no such user'), { status: 404 });
    });
    const opened = await setUp.open({ stats: true, functions: { load } });
    const answers = opened.everywhere.flatMap((cache) => [
      cache.fetch('ada', load),
      cache.fetch('ada', 'load'),
    ]);
    const failures = Promise.all(answers.map((answer) => answer.catch((error: unknown) => error)));
    await asked(opened, 'ada', answers.length);
    gate.open();
    for (const failure of await failures) {
      expect(failure).toBeInstanceOf(RangeError);
      expect(failure).toMatchObject({ message: 'no such user', status: 404 });
    }
    expect(load).toHaveBeenCalledTimes(1);
    expect(await opened.stranger('ada').fetch('ada', () => 'loaded')).toBe('loaded');
  });

  it('keeps to what the loader, the call and the cache say', async () => {
    const { stranger, cache } = await setUp.open({ ttl: '1m' });
    const at = stranger('a');
    await at.fetch('a', () => 'plain');
    await at.fetch('b', () => 'plain', { ttl: 500 });
    await at.fetch('c', () => commit('committed', { ttl: '1s' }), { ttl: 500 });
    expect(await at.fetch('d', () => ignore('draft'), { default: 5 })).toBe('draft');
    expect(await at.fetch('e', () => undefined, { default: 5 })).toBe(5);
    expect(await at.fetch('f', () => commit(undefined))).toBeUndefined();
    const ttls = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => cache.ttl(key)));
    expect(ttls).toEqual([60_000, 500, 1_000, undefined, undefined, 60_000]);
  });

  it.each<[what: string, change: (opened: Opened) => Promise<unknown>, left: unknown]>([
    ['del', ({ stranger }) => stranger('ada').del('ada'), undefined],
    ['clear', ({ stranger }) => stranger('ada').clear(), undefined],
    ['expire', ({ stranger }) => stranger('ada').expire('ada', 0), undefined],
    ['put', ({ stranger }) => stranger('ada').put('ada', 'put'), 'put'],
    ['incr', ({ stranger }) => stranger('ada').incr('ada'), 1],
  ])('answers a load that %s has overtaken, and does not store it', async (_what, change, left) => {
    const gate = aGate();
    const opened = await setUp.open({ stats: true });
    const answer = opened.stranger('ada').fetch('ada', async () => {
      await gate.passed;
      return 'loaded';
    });
    await asked(opened, 'ada', 1);
    await change(opened);
    gate.open();
    expect(await answer).toBe('loaded');
    for (const cache of opened.everywhere) expect(await cache.get('ada')).toBe(left);
  });

  itSteadily(setUp, 'runs it where it was given, and counts that there', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    for (const key of manyKeys) await cache.fetch(key, () => 1);
    expect(await cache.stats()).toMatchObject({ loads: manyKeys.length, calls: { fetch: manyKeys.length } });
    for (const key of manyKeys) await cache.fetch(key, () => 1);
    const { length } = manyKeys;
    expect(await counted()).toMatchObject({ hits: length, misses: length, loads: length, writes: length });
  });
});
