import type { Key } from '@cachex/router/hash';
import { afterAll, describe, expect, it } from 'vitest';
import { commit, createCache, type FunctionMap, ignore } from '../../src/index.ts';
import { aGate } from '../gate.ts';
import { manyKeys } from '../keys.ts';
import { clusters, itSteadily, type SetUp, setUps } from '../set-ups.ts';

const functions = {
  next: (n: unknown) => ((n as number | undefined) ?? 0) + 1,
  later: async (n: unknown) => ((n as number | undefined) ?? 0) + 1,
  tell: (value: unknown, key: unknown) => [value, key],
  keep: (value: unknown) => ignore(['kept', value]),
  short: () => commit('short', { ttl: 50 }),
  nothing: () => undefined,
  none: () => null,
  fail: () => {
    throw Object.assign(new TypeError('not today'), { code: 'E_NO' });
  },
  failLater: async () => {
    throw new TypeError('not today either');
  },
} as unknown as FunctionMap<Key, unknown>;

const open = (setUp: SetUp, options: object = {}) => setUp.open({ functions, ...options });

describe.each(setUps)('getAndUpdate $name', (setUp) => {
  afterAll(() => setUp.close());

  it.each(['next', 'later'])('stores and answers what the function %s makes of the value', async (name) => {
    const { everywhere, cache } = await open(setUp);
    await cache.put('ada', 10);
    for (const [n, one] of everywhere.entries()) expect(await one.getAndUpdate('ada', name)).toBe(n + 11);
    expect(await cache.get('ada')).toBe(everywhere.length + 10);
  });

  it('calls the function with the value, undefined on a miss, and the key', async () => {
    const { stranger } = await open(setUp);
    const key = ['user', 5];
    expect(await stranger(key).getAndUpdate(key, 'tell')).toEqual([undefined, key]);
    expect(await stranger(key).getAndUpdate(key, 'tell')).toEqual([[undefined, key], key]);
  });

  it.each(['next', 'later'])('keeps the expiry, and creates with that of the cache: %s', async (name) => {
    const { cache, stranger, advance } = await open(setUp, { ttl: '1h' });
    await stranger('new').getAndUpdate('new', name);
    expect(await cache.ttl('new')).toBe(3_600_000);
    await cache.put('ada', 1, { ttl: 100 });
    advance(40);
    expect(await stranger('ada').getAndUpdate('ada', name)).toBe(2);
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([2, 60]);
    advance(60);
    expect(await stranger('ada').getAndUpdate('ada', name)).toBe(1);
  });

  it('answers what is to be ignored, and stores nothing', async () => {
    const { cache, stranger } = await open(setUp);
    expect(await stranger('ada').getAndUpdate('ada', 'keep')).toEqual(['kept', undefined]);
    expect(await cache.exists('ada')).toBe(false);
    await cache.put('ada', 1);
    expect(await stranger('ada').getAndUpdate('ada', 'keep')).toEqual(['kept', 1]);
    expect(await cache.get('ada')).toBe(1);
  });

  it('stores null and undefined like other values, and takes a time to live with `commit`', async () => {
    const { cache } = await open(setUp);
    for (const [name, value] of [
      ['nothing', undefined],
      ['none', null],
      ['short', 'short'],
    ] as const) {
      await cache.put('ada', 1);
      expect(await cache.getAndUpdate('ada', name)).toBe(value);
      expect([await cache.get('ada'), await cache.exists('ada')]).toEqual([value, true]);
    }
    expect(await cache.ttl('ada')).toBe(50);
  });

  it.each([
    ['fail', 'not today'],
    ['failLater', 'not today either'],
  ])('passes on what the function %s throws, changing nothing', async (name, message) => {
    const { cache, stranger } = await open(setUp);
    await cache.put('ada', 1);
    await expect(stranger('ada').getAndUpdate('ada', name)).rejects.toMatchObject({
      name: 'TypeError',
      message,
    });
    expect(await cache.get('ada')).toBe(1);
  });

  it('refuses a function that is not registered, naming where', async () => {
    const { everywhere } = await open(setUp);
    for (const one of everywhere) {
      await expect(one.getAndUpdate('ada', 'toString')).rejects.toMatchObject({
        code: 'UNKNOWN_FUNCTION',
        message: expect.stringMatching(setUp.clustered ? /^node '\w+': .*'toString'/ : /^cache .*'toString'/),
      });
    }
  });

  it('loses no change of many at the same time, in whatever way they are made', async () => {
    const { cache, everywhere } = await open(setUp, {
      commands: { bump: { type: 'write', execute: (n: number = 0) => [n, n + 1] } },
    });
    for (const key of manyKeys.slice(0, 4)) {
      const changes = everywhere.flatMap((one) => [
        one.getAndUpdate(key, 'next'),
        one.incr(key),
        one.getAndUpdate(key, 'later'),
        one.invoke('bump', key),
        one.getAndUpdate(key, 'later'),
      ]);
      await Promise.all(changes);
      expect(await cache.get(key)).toBe(changes.length);
    }
  });

  itSteadily(setUp, 'counts a write or an update, and nothing that was ignored or failed', async () => {
    const { cache, stranger, counted } = await open(setUp, { stats: true });
    await stranger('ada').getAndUpdate('ada', 'next');
    await stranger('ada').getAndUpdate('ada', 'later');
    await cache.getAndUpdate('ada', 'keep');
    await cache.getAndUpdate('ada', 'fail').catch(() => {});
    expect(await counted()).toMatchObject({
      writes: 1,
      updates: 1,
      hits: 0,
      misses: 0,
      calls: { getAndUpdate: 3 },
    });
  });
});

describe('getAndUpdate in this process', () => {
  it('takes a function, at once', () => {
    const cache = createCache<string, number>({ ttl: '1h' });
    expect(cache.getAndUpdate('ada', (n = 5, key) => n + key.length)).toBe(8);
    expect(cache.getAndUpdate('ada', (n = 5) => ignore(n * 2))).toBe(16);
    expect(cache.get('ada')).toBe(8);
  });

  it('holds nobody up while a function is asynchronous, and runs it again if the entry changed', async () => {
    const cache = createCache<string, number>();
    cache.put('ada', 1);
    const gates = [aGate(), aGate(), aGate()];
    const seen: (number | undefined)[] = [];
    const updated = cache.getAndUpdate('ada', async (n) => {
      seen.push(n);
      await gates[seen.length - 1]!.passed;
      return (n ?? 0) + 100;
    });
    cache.incr('ada');
    gates[0]!.open();
    await expect.poll(() => seen.length).toBe(2);
    cache.del('ada');
    gates[1]!.open();
    await expect.poll(() => seen.length).toBe(3);
    // These change no value.
    cache.touch('ada');
    gates[2]!.open();
    expect(await updated).toBe(100);
    expect([seen, cache.get('ada')]).toEqual([[1, 2, undefined], 100]);
  });

  it('is not fooled by an entry that was removed and came back with the same value', async () => {
    const cache = createCache<string, number>();
    cache.put('ada', 1);
    let runs = 0;
    const updated = cache.getAndUpdate('ada', async (n = 0) => {
      runs += 1;
      return n + 1;
    });
    cache.del('ada');
    cache.put('ada', 1);
    expect([await updated, runs]).toEqual([2, 2]);
  });

  it('refuses tags, changing nothing', () => {
    const cache = createCache<string, number>();
    expect(() => cache.getAndUpdate('ada', () => commit(1, { tags: ['people'] }))).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(/^tags: /) }),
    );
    expect(cache.exists('ada')).toBe(false);
  });

  it('stores nothing in a cache that was closed meanwhile', async () => {
    const cache = createCache<string, number>();
    const updated = cache.getAndUpdate('ada', async () => 1);
    cache.close();
    await expect(updated).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('stores after what the function itself has changed', () => {
    const cache = createCache<string, number>();
    cache.put('ada', 1);
    expect(
      cache.getAndUpdate('ada', (n = 0) => {
        cache.del('ada');
        return n + 1;
      }),
    ).toBe(2);
    expect(cache.get('ada')).toBe(2);
  });
});

describe.each(clusters)('getAndUpdate $name', (setUp) => {
  afterAll(() => setUp.close());

  it('refuses new values that cannot be sent, and closures, changing nothing', async () => {
    const { everywhere, cache } = await open(setUp, {
      functions: { go: () => ({ go: () => {} }), goLater: async () => ({ go: () => {} }) },
    });
    await cache.put('ada', 1);
    for (const one of everywhere) {
      for (const name of ['go', 'goLater']) {
        await expect(one.getAndUpdate('ada', name)).rejects.toMatchObject({
          code: 'NOT_SERIALIZABLE',
          message: expect.stringContaining("'go' is a function"),
        });
      }
      await expect(one.getAndUpdate('ada', (() => 1) as never)).rejects.toMatchObject({
        code: 'NOT_SERIALIZABLE',
        message: expect.stringMatching(/^update: a function cannot be sent/),
      });
    }
    expect(await cache.get('ada')).toBe(1);
  });
});
