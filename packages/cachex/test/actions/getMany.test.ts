import { afterAll, describe, expect, it } from 'vitest';
import { distinctKeys, manyKeys } from '../keys.ts';
import { clusters, itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('getMany $name', (setUp) => {
  afterAll(() => setUp.close());

  it('answers values in the order asked, and undefined for a miss', async () => {
    const { everywhere, cache } = await setUp.open();
    for (const key of manyKeys) await cache.put(key, { key });
    const asked = [...manyKeys, 'absent', ...[...manyKeys].reverse()];
    for (const one of everywhere) {
      expect(await one.getMany(asked)).toEqual(asked.map((key) => (key === 'absent' ? undefined : { key })));
    }
  });

  it('answers an empty list with an empty list', async () => {
    const { everywhere } = await setUp.open();
    for (const one of everywhere) expect(await one.getMany([])).toEqual([]);
  });

  it('takes anything that can be walked through, once', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put('ada', 1);
    await cache.put('bob', 2);
    function* names(): Iterable<string> {
      yield 'bob';
      yield 'ada';
    }
    expect(await stranger('ada').getMany(names())).toEqual([2, 1]);
    expect(await stranger('ada').getMany(new Set(['ada', 'bob']))).toEqual([1, 2]);
  });

  it('tells every kind of key apart', async () => {
    const { cache } = await setUp.open();
    for (const [name, key] of distinctKeys) await cache.put(key, name);
    expect(await cache.getMany(distinctKeys.map(([, key]) => key))).toEqual(
      distinctKeys.map(([name]) => name),
    );
  });

  it('takes null and a stored undefined for values, and what has expired for a miss', async () => {
    const { cache, advance } = await setUp.open();
    await cache.put('null', null);
    await cache.put('undefined', undefined);
    await cache.put('short', 1, { ttl: 100 });
    advance(100);
    expect(await cache.getMany(['null', 'undefined', 'short'])).toEqual([null, undefined, undefined]);
  });

  itSteadily(
    setUp,
    'counts a hit or a miss for each key, and one call at each node that answers',
    async () => {
      const { cache, counted, everywhere } = await setUp.open({ stats: true });
      for (const key of manyKeys) await cache.put(key, 1);
      await cache.getMany([...manyKeys, manyKeys[0]!, 'absent']);
      const { hits, misses, calls } = await counted();
      expect([hits, misses, calls.getMany]).toEqual([manyKeys.length + 1, 1, everywhere.length]);
    },
  );
});

describe.each(clusters)('getMany $name', (setUp) => {
  afterAll(() => setUp.close());

  it('gives every reader copies of its own', async () => {
    const { cache } = await setUp.open();
    await cache.put('ada', { list: [1] });
    const [one, other] = (await cache.getMany(['ada', 'ada'])) as [object, object];
    expect(one).toEqual(other);
    expect(one).not.toBe(other);
  });
});
