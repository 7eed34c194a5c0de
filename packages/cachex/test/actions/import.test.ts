import { afterAll, describe, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';
import { distinctKeys, manyKeys } from '../keys.ts';
import { MemoryFiles } from '../memory-files.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('import $name', (setUp) => {
  afterAll(() => setUp.close());

  it('stores what export told of, with what is left of its time', async () => {
    const { cache, advance } = await setUp.open({ expiration: { interval: false } });
    for (const [n, key] of manyKeys.entries())
      await cache.put(key, { n }, { ttl: n % 2 === 0 ? '1h' : null });
    for (const [, key] of distinctKeys) await cache.put(key, 'distinct');
    advance(600_000);
    const records = await cache.export();
    const sizes = [await cache.size(), records.length];
    const { cache: other, advance: later } = await setUp.open();
    await other.put('stays', 1);
    await other.put(manyKeys[0]!, 'overwritten');
    expect(await other.import(records)).toBe(records.length);
    expect(sizes).toEqual([records.length, records.length]);
    expect(await other.size()).toBe(records.length + 1);
    for (const [n, key] of manyKeys.entries()) {
      expect(await other.get(key)).toEqual({ n });
      expect(await other.ttl(key)).toBe(n % 2 === 0 ? 3_000_000 : null);
    }
    later(1);
    expect(await other.refresh(manyKeys[0]!)).toBe(true);
    expect(await other.ttl(manyKeys[0]!)).toBe(3_600_000);
    expect(await other.ttl(manyKeys[2]!)).toBe(2_999_999);
  });

  it('fills in what a record leaves out, and leaves out what has expired', async () => {
    const { cache, advance } = await setUp.open({ ttl: '1m' });
    const [modified] = await (async () => {
      await cache.put('probe', 1);
      return cache.stream({ select: 'modified' });
    })();
    const records = [
      { key: 'default', value: 1 },
      { key: 'ever', value: 2, ttl: null },
      { key: 'old', value: 3, ttl: 500, modified: modified - 1_000, lifetime: 1_500 },
      { key: 'expired', value: 4, ttl: 0 },
      { key: 'long gone', value: 5, ttl: -5 },
    ];
    expect(await cache.import(new Set(records))).toBe(3);
    expect([await cache.ttl('default'), await cache.ttl('ever'), await cache.ttl('old')]).toEqual([
      60_000,
      null,
      500,
    ]);
    const where = { key: 'old' };
    expect(await cache.stream({ where, select: 'modified' })).toEqual([modified - 1_000]);
    advance(500);
    expect(await cache.exists('old')).toBe(false);
    expect(await cache.exists('expired')).toBe(false);
  });

  it('keeps tags, and for how long an entry is kept, also by way of a file', async () => {
    const files = new MemoryFiles();
    const { cache } = await setUp.open({ files });
    await cache.put('tagged', 1, { tags: ['a', 'b'] });
    await cache.import([{ key: 'kept', value: 2, ttl: 60_000, staleFor: 5_000, tags: [] }]);
    const told = (records: { key: unknown; tags?: unknown; staleFor?: unknown }[]): unknown[] =>
      records.map(({ key, tags, staleFor }) => [key, tags, staleFor]).sort();
    const wanted = [
      ['kept', undefined, 5_000],
      ['tagged', ['a', 'b'], undefined],
    ];
    const records = await cache.export();
    expect(told(records)).toEqual(wanted);
    await cache.dump('dump');
    const { cache: imported } = await setUp.open();
    await imported.import(records);
    const { cache: loaded } = await setUp.open({ files });
    await loaded.load('dump');
    for (const one of [imported, loaded]) {
      expect(told(await one.export())).toEqual(wanted);
      // What a node that dies has done of this, nobody can tell.
      if (!setUp.steady) continue;
      expect(await one.invalidateTag('b')).toBe(1);
      expect(await one.keys()).toEqual(['kept']);
    }
  });

  it('takes records one after the other, and waits for them', async () => {
    const { cache } = await setUp.open();
    async function* records(): AsyncGenerator<{ key: number; value: string }> {
      for (let key = 0; key < 2_500; key += 1) yield { key, value: `value ${key}` };
    }
    expect(await cache.import(records())).toBe(2_500);
    expect(await cache.size()).toBe(2_500);
    expect(await cache.get(1_234)).toBe('value 1234');
    expect(await cache.import([])).toBe(0);
  });

  it('stores nothing of a list with a bad record', async () => {
    const { cache } = await setUp.open();
    const good = { key: 'good', value: 1 };
    for (const [bad, code, message] of [
      [{ key: {}, value: 1 }, 'INVALID_KEY', /an object is not a key/],
      [{ value: 1 }, 'INVALID_KEY', /undefined is not a key/],
      [
        { key: 'a', value: 1, tll: 5 },
        'INVALID_OPTION',
        /unknown option 'records\[1\].tll'; did you mean 'ttl'/,
      ],
      [
        { key: 'a', value: 1, ttl: '5m' },
        'INVALID_OPTION',
        /^records\[1\].ttl: '5m' is not milliseconds or null/,
      ],
      [{ key: 'a', value: 1, lifetime: 0 }, 'INVALID_OPTION', /^records\[1\].lifetime: 0 is not/],
      [{ key: 'a', value: 1, modified: Number.NaN }, 'INVALID_OPTION', /^records\[1\].modified: NaN is not/],
      [
        { key: 'a', value: 1, staleFor: -1 },
        'INVALID_OPTION',
        /^records\[1\].staleFor: -1 is not milliseconds from 0/,
      ],
      [{ key: 'a', value: 1, tags: 'b' }, 'INVALID_OPTION', /^records\[1\].tags: 'b' is not an array/],
      ['a', 'INVALID_OPTION', /^records\[1\] must be an object, not 'a'/],
    ] as const)
      await expect(cache.import([good, bad] as never)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    await expect(cache.import('records' as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await cache.size()).toBe(0);
  });

  it('overtakes a load in flight', async () => {
    let give: (value: string) => void = () => {};
    const load = (): Promise<string> =>
      new Promise((resolve) => {
        give = resolve;
      });
    const { cache } = await setUp.open({ functions: { load } });
    const fetching = cache.fetch('ada', 'load');
    await cache.import([{ key: 'ada', value: 'imported' }]);
    give('loaded');
    await fetching;
    expect(await cache.get('ada')).toBe('imported');
  });

  itSteadily(setUp, 'counts a write for each record where it is stored', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    await cache.import(manyKeys.map((key) => ({ key, value: 1 })));
    expect(await counted()).toMatchObject({ writes: manyKeys.length });
  });
});

describe('import in this process', () => {
  it('answers at once, or by promise for what comes later', async () => {
    const cache = createCache<string, number>();
    expect(cache.import([{ key: 'ada', value: 1 }])).toBe(1);
    expect(() => cache.import([{ key: 'ada' } as never, null as never])).toThrow(/^records\[1\]/);
    const late = cache.import(
      (async function* () {
        yield { key: 'bob', value: 2 };
        cache.close();
        yield { key: 'eve', value: 3 };
      })(),
    );
    await expect(late).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
