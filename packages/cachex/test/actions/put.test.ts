import { afterAll, describe, expect, it } from 'vitest';
import { distinctKeys, manyKeys, sameKeys } from '../keys.ts';
import { clusters, itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('put $name', (setUp) => {
  afterAll(() => setUp.close());

  it('stores a value that is read everywhere, whoever put it and whoever owns it', async () => {
    const { everywhere } = await setUp.open();
    for (const [n, key] of manyKeys.entries()) {
      expect(await everywhere[n % everywhere.length]!.put(key, { n })).toBeUndefined();
    }
    for (const cache of everywhere) {
      for (const [n, key] of manyKeys.entries()) expect(await cache.get(key)).toEqual({ n });
      expect(await cache.size()).toBe(manyKeys.length);
    }
  });

  it('overwrites the value and the expiry of an entry', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', 1, { ttl: '1m' });
    await stranger('ada').put('ada', 2);
    expect([await cache.get('ada'), await cache.ttl('ada'), await cache.size()]).toEqual([2, null, 1]);
  });

  it('is called set, too', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    await cache.set('ada', 1, { ttl: 50 });
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([1, 50]);
    expect((await counted()).calls).toEqual({ put: 1, get: 1, ttl: 1 });
  });

  it.each([
    ['milliseconds', 1_500, 1_500],
    ['a duration', '1.5h' as const, 5_400_000],
    ['null', null, null],
    ['Infinity', Number.POSITIVE_INFINITY, null],
    ['undefined', undefined, 60_000],
  ])('takes %s for a time to live', async (_what, ttl, lives) => {
    const { cache } = await setUp.open({ ttl: '1m' });
    await cache.put('ada', 1, { ttl: ttl as number | null });
    expect(await cache.ttl('ada')).toBe(lives);
  });

  it('lets the entry expire on time, everywhere', async () => {
    const { cache, everywhere, advance } = await setUp.open({ expiration: { interval: false } });
    await cache.put('ada', 1, { ttl: 100 });
    advance(99);
    for (const one of everywhere) expect(await one.get('ada')).toBe(1);
    advance(1);
    for (const one of everywhere) expect(await one.get('ada')).toBeUndefined();
  });

  it('tells every kind of key apart', async () => {
    const { cache, everywhere } = await setUp.open();
    for (const [name, key] of distinctKeys) await cache.put(key, name);
    for (const one of everywhere) {
      for (const [name, key] of distinctKeys) expect(await one.get(key)).toBe(name);
    }
    expect(await cache.size()).toBe(distinctKeys.length);
  });

  it.each(sameKeys)('takes %s for one key', async (_name, one, other) => {
    const { cache, stranger } = await setUp.open();
    await cache.put(one, 'first');
    await stranger(one).put(other, 'second');
    expect([await cache.get(one), await cache.get(other), await cache.size()]).toEqual([
      'second',
      'second',
      1,
    ]);
  });

  it('keeps a composite key as it was when it was put', async () => {
    const { cache } = await setUp.open();
    const key: [string, number] = ['user', 1];
    await cache.put(key, 'one');
    key[1] = 2;
    expect([await cache.get(['user', 1]), await cache.get(key)]).toEqual(['one', undefined]);
    expect(await cache.keys()).toEqual([['user', 1]]);
  });

  it.each([
    ['null', null],
    ['zero', 0],
    ['an empty string', ''],
    ['NaN', Number.NaN],
    ['a bigint', 2n ** 70n],
    ['a date', new Date(5)],
    ['an expression', /ab+c/gi],
    ['a map', new Map<unknown, unknown>([[{ a: 1 }, new Set([1, '1'])]])],
    ['bytes', new Uint8Array([1, 2, 255])],
    ['an array with undefined', [1, undefined, null]],
    ['a property that is undefined', { a: undefined, b: { c: [] } }],
  ])('keeps %s', async (_name, value) => {
    const { everywhere } = await setUp.open();
    await everywhere[0]!.put('ada', value);
    for (const cache of everywhere) expect(await cache.get('ada')).toStrictEqual(value);
  });

  it('keeps cycles', async () => {
    const { cache, stranger } = await setUp.open();
    const value: { self?: unknown; name: string } = { name: 'ada' };
    value.self = value;
    await cache.put('ada', value);
    const read = (await stranger('ada').get('ada')) as typeof value;
    expect(read.self).toBe(read);
  });

  it('tells a stored undefined from a miss', async () => {
    const { everywhere } = await setUp.open();
    await everywhere[0]!.put('ada', undefined);
    for (const cache of everywhere) {
      expect([await cache.get('ada'), await cache.exists('ada'), await cache.exists('bob')]).toEqual([
        undefined,
        true,
        false,
      ]);
    }
  });

  itSteadily(setUp, 'counts a write, once, at the node that owns the key', async () => {
    const { everywhere, owner, counted } = await setUp.open({ stats: true });
    for (const cache of everywhere) await cache.put('ada', 1);
    expect((await owner('ada').stats()).writes).toBe(everywhere.length);
    expect(await counted()).toMatchObject({ writes: everywhere.length, updates: 0 });
  });
});

describe.each(clusters)('put $name', (setUp) => {
  afterAll(() => setUp.close());

  class User {}
  it.each([
    ['a function', () => {}, /the value itself is a function/],
    ['a symbol', { list: [1, Symbol('x')] }, /'list\[1\]' is a symbol/],
    ['an instance of a class', { user: new User() }, /'user' is an instance of User/],
    ['a promise', { user: { load: Promise.resolve() } }, /'user\.load' is a promise/],
    ['a weak map', [new WeakMap()], /'\[0\]' is a weak collection/],
    ['a function in a map', new Map([['go', () => {}]]), /'\.get\(go\)' is a function/],
  ])('refuses %s, naming the path inside the value', async (_name, value, message) => {
    const { everywhere, cache } = await setUp.open();
    await cache.put('ada', 'before');
    for (const one of everywhere) {
      await expect(one.put('ada', value)).rejects.toMatchObject({
        name: 'CacheError',
        code: 'NOT_SERIALIZABLE',
        message: expect.stringMatching(message),
      });
    }
    expect(await cache.get('ada')).toBe('before');
  });
});
