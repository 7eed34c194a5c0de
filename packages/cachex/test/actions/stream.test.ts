import { afterAll, describe, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';
import { manyKeys } from '../keys.ts';
import { setUps } from '../set-ups.ts';

const sorted = (list: readonly unknown[]): unknown[] =>
  [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe.each(setUps)('stream $name', (setUp) => {
  afterAll(() => setUp.close());

  it('goes through all live entries, with their instants, wherever it is called', async () => {
    const { cache, everywhere, advance } = await setUp.open({ expiration: { interval: false } });
    expect(await cache.stream()).toEqual([]);
    for (const key of manyKeys) await cache.put(key, { key });
    await cache.put('gone', 1, { ttl: 10 });
    await cache.put('soon', 1, { ttl: 1_010 });
    advance(10);
    const wanted = sorted([...manyKeys.map((key) => [key, { key }, null]), ['soon', 1, 1_000]]);
    for (const one of everywhere) {
      const rows = await one.stream();
      const [{ modified }] = rows;
      const seen = rows.map(({ key, value, expiration }) => [
        key,
        value,
        expiration === null ? null : expiration - modified - 10,
      ]);
      expect(sorted(seen)).toEqual(wanted);
      for (const row of rows) expect(row.modified).toBe(modified);
    }
  });

  it('answers what a query selects, of what it describes', async () => {
    const { cache, everywhere } = await setUp.open();
    for (let age = 0; age < 80; age += 1)
      await cache.put(`user:${age}`, { age, address: { city: age % 2 === 0 ? 'London' : 'Paris' } });
    await cache.put('other', { age: 30 });
    await cache.put(['user', 1], undefined, { ttl: '1h' });
    const adults = { key: { startsWith: 'user:' }, 'value.age': { gte: 18, lt: 65 } };
    for (const one of everywhere) {
      const ages = await one.stream({ where: adults, select: 'value.age' });
      expect(ages.sort((a, b) => a - b)).toEqual(Array.from({ length: 47 }, (_, n) => 18 + n));
      const where = { and: [adults], 'value.address.city': 'Paris', or: [{ 'value.age': { lt: 20 } }] };
      expect(await one.stream({ where, select: ['key', 'value.address'] })).toEqual([
        { key: 'user:19', 'value.address': { city: 'Paris' } },
      ]);
      expect(await one.stream({ where: { value: { exists: false } }, select: 'key' })).toEqual([['user', 1]]);
      expect(await one.stream({ where: { expiration: { gt: 0 } }, select: 'value' })).toEqual([undefined]);
      expect(await one.stream({ where: { key: 'none' } })).toEqual([]);
    }
  });

  it('answers values of every kind as get does', async () => {
    const { cache } = await setUp.open();
    const values = [undefined, null, '', 5n, new Map([['a', new Set([1])]]), [new Date(5)], Buffer.from('x')];
    for (const [key, value] of values.entries()) await cache.put(key, value);
    const seen = new Map((await cache.stream()).map(({ key, value }) => [key, value]));
    for (const [key, value] of values.entries()) expect(seen.get(key)).toEqual(value);
  });

  it('refuses a bad query before anything happens', async () => {
    const { cache } = await setUp.open();
    await expect(cache.stream({ where: { valu: 1 } } as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining("did you mean 'value'?"),
    });
    await expect(cache.stream({ where: { value: () => 1 } } as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('is a record as well', async () => {
    const { cache } = await setUp.open();
    await cache.put('ada', 1);
    expect(await cache.entries()).toEqual([['ada', 1]]);
  });
});

describe.each(setUps)('entries $name', (setUp) => {
  afterAll(() => setUp.close());

  it('goes through all live entries as pairs', async () => {
    const { cache, everywhere } = await setUp.open();
    for (const key of manyKeys) await cache.put(key, { key });
    for (const one of everywhere)
      expect(new Map(await one.entries())).toEqual(new Map(manyKeys.map((key) => [key, { key }])));
  });
});

describe('a stream in this process', () => {
  it('sees each entry that stays once, while others come and go', () => {
    const cache = createCache<number, number>();
    for (let key = 0; key < 1_000; key += 1) cache.put(key, key);
    const seen: number[] = [];
    for (const { key } of cache.stream()) {
      seen.push(key);
      // What is put again is not seen again: the walk ends.
      cache.del(key);
      cache.put(key, key);
      if (key % 10 !== 3) cache.put(key + 10_000, 1);
      cache.del(key % 2 === 0 ? 991 : 10_001);
    }
    const stayed = seen.filter((key) => key < 1_000);
    expect(stayed.length).toBe(new Set(stayed).size);
    expect(stayed.length).toBeGreaterThanOrEqual(999);
    expect(seen.length).toBe(new Set(seen).size);
    cache.close();
  });

  it('reads nothing ahead, and an entry as it is when its turn comes', () => {
    const cache = createCache<number, number>();
    for (let key = 0; key < 100; key += 1) cache.put(key, 0);
    const steps = cache.stream({ select: 'value' });
    expect(steps.next().value).toBe(0);
    for (let key = 0; key < 100; key += 1) cache.put(key, 1);
    expect([...steps]).toEqual(new Array(99).fill(1));
    cache.close();
  });

  it('ends with CLOSED when the cache is closed, and at once when it is left', () => {
    const cache = createCache<number, number>();
    cache.put(1, 1);
    cache.put(2, 2);
    for (const _ of cache.stream()) break;
    const steps = cache.stream();
    steps.next();
    cache.close();
    expect(() => steps.next()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => cache.stream()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('is dispatched by a record', () => {
    const cache = createCache<string, number>();
    cache.put('ada', 1);
    expect([...cache.call({ action: 'stream', args: [{ select: 'key' }] })]).toEqual(['ada']);
    cache.close();
  });
});
