import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cache, type CacheOptions, createCache, type PolicyFactory } from '../../../src/index.ts';
import { policies } from '../../../src/local/limits/policies.ts';
import { ManualClock } from '../../manual-clock.ts';
import { settle } from '../an-engine.ts';

type Options = CacheOptions<string, number>;
type Numbers = Cache<string, number>;

let clock: ManualClock;
const caches: Numbers[] = [];
beforeEach(() => {
  clock = new ManualClock();
});
afterEach(() => {
  for (const cache of caches.splice(0)) cache.close();
});

function aCache(limit: Options['limit'], more: Options = {}): Numbers {
  const cache = createCache<string, number>({ clock, stats: true, ...more, limit: limit! });
  caches.push(cache);
  return cache;
}

/** What is told of evictions and expirations, in their order. */
function told(cache: Numbers): string[] {
  const events: string[] = [];
  cache.on('evicted', (key) => events.push(`evicted ${key}`));
  cache.on('expired', (key) => events.push(`expired ${key}`));
  return events;
}

const byValue = { bytes: 10, sizeOf: (value: number) => value, policy: 'lru' } as const;

describe.each(Object.keys(policies) as (keyof typeof policies)[])('a limit of size, with %s,', (policy) => {
  it('evicts one for each entry that is too many, tells of it and counts it', () => {
    const hooked: unknown[] = [];
    const cache = aCache(
      { size: 3, policy },
      { hooks: [{ type: 'service', actions: ['evicted'], notify: (event) => void hooked.push(event) }] },
    );
    const events = told(cache);
    for (let n = 0; n < 50; n += 1) {
      cache.put(`key-${n}`, n);
      expect(cache.size()).toBe(Math.min(3, n + 1));
    }
    expect(events).toHaveLength(47);
    expect(cache.stats().evictions).toBe(47);
    expect(hooked).toHaveLength(47);
    const gone = new Set(events.map((event) => event.replace('evicted ', '')));
    expect(gone.size).toBe(47);
    for (const key of cache.keys()) expect(gone.has(key)).toBe(false);
  });

  it('evicts nothing for a key that is there', () => {
    const cache = aCache({ size: 2, policy });
    cache.putMany([
      ['a', 1],
      ['b', 2],
    ]);
    for (let n = 0; n < 20; n += 1) {
      cache.put('a', n);
      cache.incr('b');
      cache.update('a', n + 1);
    }
    expect(cache.stats().evictions).toBe(0);
    expect(cache.size()).toBe(2);
  });

  it('has room again for what was removed', () => {
    const cache = aCache({ size: 3, policy });
    let removed = 0;
    for (let n = 0; n < 30; n += 1) {
      cache.put(`key-${n}`, n);
      if (n % 2 === 0 && cache.del(`key-${n}`)) removed += 1;
      if (n === 20) removed += cache.clear();
    }
    expect(cache.size()).toBe(3);
    expect(cache.stats()).toMatchObject({ writes: 30, evictions: 30 - 3 - removed });
  });
});

describe('an entry that is larger than limit.bytes', () => {
  it('is evicted as it is written', () => {
    const cache = aCache(byValue);
    const events = told(cache);
    cache.put('small', 3);
    cache.put('large', 11);
    expect(cache.add('larger', 12)).toBe(true);
    expect(cache.keys()).toEqual(['small']);
    expect(events).toEqual(['evicted large', 'evicted larger']);
    expect(cache.stats()).toMatchObject({ evictions: 2, writes: 3 });
  });

  it.each<[how: string, write: (cache: Numbers) => unknown]>([
    ['put', (cache) => cache.put('ada', 11)],
    ['putMany', (cache) => cache.putMany([['ada', 11]])],
    ['update', (cache) => cache.update('ada', 11)],
    ['update by a function', (cache) => cache.update('ada', (value: number) => value + 8)],
    ['incr', (cache) => cache.incr('ada', 8)],
    ['getAndUpdate', (cache) => cache.getAndUpdate('ada', () => 11)],
    ['import', (cache) => cache.import([{ key: 'ada', value: 11 }])],
    ['transaction', (cache) => cache.transaction(['ada'], (tx) => tx.incr('ada', 8))],
  ])('takes the smaller one with it that it replaces, by %s', (_how, write) => {
    const cache = aCache(byValue);
    const events = told(cache);
    cache.put('ada', 3);
    cache.put('bob', 7);
    write(cache);
    expect(cache.get('ada')).toBeUndefined();
    expect(cache.get('bob')).toBe(7);
    expect(events).toEqual(['evicted ada']);
    expect(cache.stats().evictions).toBe(1);
    expect(cache.inspect('cache').bytes).toBe(7);
  });

  it('is answered by the fetch that loads it', async () => {
    const cache = aCache(byValue);
    expect(await cache.fetch('ada', () => 11)).toBe(11);
    expect(cache.size()).toBe(0);
  });
});

describe('an entry that grows', () => {
  it('drives out others, and stays', () => {
    const cache = aCache(byValue);
    for (const key of ['a', 'b', 'c']) cache.put(key, 3);
    cache.incr('c', 4);
    expect(cache.keys().sort()).toEqual(['b', 'c']);
    expect(cache.inspect('cache').bytes).toBe(10);
  });

  it('goes itself where the policy says so', () => {
    const cache = aCache({ ...byValue, policy: 'fifo' });
    for (const key of ['a', 'b', 'c']) cache.put(key, 3);
    expect(cache.incr('a', 2)).toBe(5);
    expect(cache.keys().sort()).toEqual(['b', 'c']);
    expect(cache.stats()).toMatchObject({ updates: 1, evictions: 1 });
  });
});

describe('a victim that has expired', () => {
  it('counts as an expiration, not as an eviction', () => {
    const cache = aCache({ size: 2, policy: 'fifo' });
    const events = told(cache);
    cache.put('a', 1, { ttl: 10 });
    cache.put('b', 2);
    clock.advance(10);
    cache.put('c', 3);
    cache.put('d', 4);
    expect(events).toEqual(['expired a', 'evicted b']);
    expect(cache.stats()).toMatchObject({ expirations: 1, evictions: 1 });
  });
});

describe('a listener of evicted', () => {
  it('finds the victim gone, and the new entry not yet there', () => {
    const cache = aCache({ size: 1 });
    const seen: unknown[] = [];
    cache.put('a', 1);
    cache.on('evicted', (key) => seen.push([key, cache.exists('a'), cache.exists('b'), cache.size()]));
    cache.put('b', 2);
    expect(seen).toEqual([['a', false, false, 0]]);
  });

  it('may put another entry: there is room for both, or one more goes', () => {
    const cache = aCache({ size: 3, policy: 'fifo' });
    const events = told(cache);
    cache.putMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    cache.on('evicted', (key) => {
      if (key === 'a') cache.put('x', 9);
    });
    cache.put('d', 4);
    expect(events).toEqual(['evicted a', 'evicted b']);
    expect(cache.keys().sort()).toEqual(['c', 'd', 'x']);
  });

  it('may remove others', () => {
    const cache = aCache({ size: 3, policy: 'fifo' });
    cache.putMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    cache.on('evicted', () => void cache.del('c'));
    cache.put('d', 4);
    expect(cache.keys().sort()).toEqual(['b', 'd']);
    cache.put('e', 5);
    expect(cache.stats().evictions).toBe(1);
  });

  it('may clear the cache', () => {
    const cache = aCache({ ...byValue, size: 3 });
    cache.putMany([
      ['a', 4],
      ['b', 4],
    ]);
    cache.on('evicted', () => void cache.clear());
    cache.put('c', 9);
    expect(cache.keys()).toEqual(['c']);
    expect(cache.inspect('cache').bytes).toBe(9);
    cache.update('c', 10);
    expect(cache.get('c')).toBe(10);
  });

  it('may close the cache, which keeps nothing then', () => {
    const cache = aCache({ size: 1 });
    cache.put('a', 1);
    cache.on('evicted', () => cache.close());
    expect(() => cache.put('b', 2)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => cache.size()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('may put the very key that is being put: what was asked for first is written last', () => {
    const cache = aCache({ size: 1 });
    cache.put('a', 1);
    let done = false;
    cache.on('evicted', () => {
      if (done) return;
      done = true;
      cache.put('b', 9);
    });
    cache.put('b', 2);
    expect([...cache.export()].map(({ key, value }) => [key, value])).toEqual([['b', 2]]);
    expect(cache.size()).toBe(1);
  });

  it('may put the victim again, once', () => {
    const cache = aCache({ size: 2, policy: 'fifo' });
    cache.putMany([
      ['a', 1],
      ['b', 2],
    ]);
    const events: string[] = [];
    cache.on('evicted', (key) => {
      events.push(key);
      if (events.length === 1) cache.put(key, 5);
    });
    cache.put('c', 3);
    expect(events).toEqual(['a', 'b']);
    expect(cache.keys().sort()).toEqual(['a', 'c']);
  });

  it.each<[how: string, write: (cache: Numbers) => unknown]>([
    ['put', (cache) => cache.put('new', 5)],
    ['an update', (cache) => cache.update('b', 6)],
  ])('that always puts the victim again ends %s with OVERLOADED, and not in a loop', (_how, write) => {
    const cache = aCache(byValue);
    cache.putMany([
      ['a', 5],
      ['b', 5],
    ]);
    const values = new Map([
      ['a', 5],
      ['b', 5],
      ['new', 5],
    ]);
    cache.on('evicted', (key) => cache.put(key, values.get(key)!));
    expect(() => write(cache)).toThrow(
      expect.objectContaining({ code: 'OVERLOADED', message: expect.stringContaining("'evicted'") }),
    );
    expect(cache.inspect('cache').bytes).toBe(10);
    expect(cache.keys().sort()).toEqual(['a', 'b']);
  });

  it('that throws is reported, and the entry is written', () => {
    const cache = aCache({ size: 1 });
    const errors: unknown[] = [];
    cache.on('error', (error) => errors.push(error));
    cache.on('evicted', () => {
      throw new RangeError('no');
    });
    cache.put('a', 1);
    cache.put('b', 2);
    expect(errors).toEqual([new RangeError('no')]);
    expect(cache.keys()).toEqual(['b']);
  });
});

describe('sizeOf', () => {
  const failures: [what: string, answer: () => number, expected: object][] = [
    ['throws', () => fail(), new RangeError('too wild')],
    ['answers NaN', () => Number.NaN, refusal('NaN')],
    ['answers a negative number', () => -1, refusal('-1')],
    ['answers something else', () => '5' as never, refusal("'5'")],
  ];
  const writes: [how: string, write: (cache: Numbers) => unknown][] = [
    ['put', (cache) => cache.put('ada', 666)],
    ['add', (cache) => cache.add('new', 666)],
    ['update', (cache) => cache.update('ada', 666)],
    ['incr', (cache) => cache.incr('ada', 663)],
    ['getAndUpdate', (cache) => cache.getAndUpdate('ada', () => 666)],
    [
      'putMany',
      (cache) =>
        cache.putMany([
          ['bob', 1],
          ['ada', 666],
        ]),
    ],
    [
      'transaction',
      (cache) =>
        cache.transaction(['bob', 'ada'], (tx) => {
          tx.put('bob', 1);
          tx.put('ada', 666);
        }),
    ],
  ];

  it.each(
    failures.flatMap(([what, answer, expected]) =>
      writes.map((write) => [what, answer, expected, ...write] as const),
    ),
  )('that %s is refused before anything has happened', (_what, answer, expected, _how, write) => {
    const sizeOf = (value: number): number => (value === 666 ? answer() : value);
    const cache = aCache({ bytes: 10, sizeOf });
    const events = told(cache);
    cache.put('ada', 3);
    cache.put('bob', 7);
    const { writes: written } = cache.stats();
    expect(() => write(cache)).toThrow(expected as Error);
    expect(cache.getMany(['ada', 'bob', 'new'])).toEqual([3, 7, undefined]);
    expect(cache.stats()).toMatchObject({ writes: written, updates: 0, evictions: 0 });
    expect(cache.inspect('cache').bytes).toBe(10);
    expect(events).toEqual([]);
  });

  it('that fails does not overtake a load in flight', async () => {
    const cache = aCache({ bytes: 10, sizeOf: (value) => (value === 666 ? fail() : value) });
    let load = (_value: number): void => {};
    const loaded = cache.fetch('ada', () => new Promise<number>((resolve) => (load = resolve)));
    await settle();
    expect(() => cache.put('ada', 666)).toThrow(RangeError);
    load(5);
    expect(await loaded).toBe(5);
    expect(cache.get('ada')).toBe(5);
  });

  it('that fails for what was loaded is reported; the value is answered and not stored', async () => {
    const cache = aCache({ bytes: 10, sizeOf: () => fail() });
    const errors: unknown[] = [];
    cache.on('error', (error) => errors.push(error));
    expect(await cache.fetch('ada', () => 5)).toBe(5);
    expect(errors).toEqual([new RangeError('too wild')]);
    expect(cache.size()).toBe(0);
  });

  it('is called with the value and the key, fractions are rounded up', () => {
    const asked: unknown[] = [];
    const cache = aCache({
      bytes: 10,
      sizeOf(value, key) {
        asked.push([value, key]);
        return 2.5;
      },
    });
    cache.put('ada', 1);
    cache.put('bob', 2);
    cache.put('eve', 3);
    expect(asked).toEqual([
      [1, 'ada'],
      [2, 'bob'],
      [3, 'eve'],
    ]);
    expect(cache.inspect('cache').bytes).toBe(9);
    cache.put('dan', 4);
    expect(cache.size()).toBe(3);
  });

  it('may answer 0, and Infinity, which is more than there may be', () => {
    const cache = aCache({ bytes: 1, sizeOf: (value) => value });
    for (let n = 0; n < 100; n += 1) cache.put(`key-${n}`, 0);
    expect(cache.size()).toBe(100);
    cache.put('large', Number.POSITIVE_INFINITY);
    expect(cache.size()).toBe(100);
  });

  function fail(): never {
    throw new RangeError('too wild');
  }

  function refusal(shown: string): object {
    return expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        new RegExp(`^limit\\.sizeOf: it answered ${shown} for '(ada|new)'; it must`),
      ),
    });
  }
});

describe('a use', () => {
  const uses: [how: string, use: (cache: Numbers) => unknown, kept: boolean][] = [
    ['get', (cache) => cache.get('a'), true],
    ['getMany', (cache) => cache.getMany(['a']), true],
    ['touch', (cache) => cache.touch('a'), true],
    ['fetch', (cache) => cache.fetch('a', () => 0), true],
    ['put', (cache) => cache.put('a', 1), true],
    ['incr', (cache) => cache.incr('a'), true],
    ['exists', (cache) => cache.exists('a'), false],
    ['ttl', (cache) => cache.ttl('a'), false],
    ['inspect', (cache) => cache.inspect('entry', 'a'), false],
    ['explain', (cache) => cache.explain('a'), false],
    ['keys', (cache) => cache.keys(), false],
    ['export', (cache) => [...cache.export()], false],
  ];

  it.each(uses)('is or is not what %s does', async (_how, use, kept) => {
    const cache = aCache({ size: 2, policy: 'lru' });
    cache.put('a', 1);
    cache.put('b', 2);
    await use(cache);
    cache.put('c', 3);
    expect(cache.exists('a')).toBe(kept);
  });
});

describe('a policy of your own', () => {
  /** What was written last goes first. */
  const newest: PolicyFactory = () => {
    let stack: number[] = [];
    const take = (slot: number): void => {
      stack = stack.filter((each) => each !== slot);
    };
    return {
      grow() {},
      added: (slot) => void stack.push(slot),
      used() {},
      written(slot) {
        take(slot);
        stack.push(slot);
      },
      removed: take,
      evict: () => stack.pop()!,
      clear() {
        stack = [];
      },
    };
  };

  it('decides what goes', () => {
    const cache = aCache({ size: 3, policy: newest });
    for (const key of ['a', 'b', 'c', 'd']) cache.put(key, 1);
    expect(cache.keys().sort()).toEqual(['a', 'b', 'd']);
    cache.put('a', 2);
    cache.put('e', 3);
    expect(cache.keys().sort()).toEqual(['b', 'd', 'e']);
    expect(cache.inspect('cache').options.limit).toMatchObject({ policy: 'custom', size: 3 });
  });
});

describe('what else removes entries', () => {
  it('gives back the bytes they had', () => {
    const cache = aCache({ bytes: 100, sizeOf: (value) => value }, { ttl: 1_000 });
    const bytes = (): unknown => cache.inspect('cache').bytes;
    cache.putMany([
      ['a', 1],
      ['b', 2],
      ['c', 4],
      ['d', 8],
    ]);
    cache.put('e', 16, { tags: ['odd'] });
    cache.put('f', 32, { ttl: 1 });
    expect(bytes()).toBe(63);
    cache.del('a');
    cache.take('b');
    expect(bytes()).toBe(60);
    cache.invalidateTag('odd');
    expect(bytes()).toBe(44);
    clock.advance(1);
    expect(cache.get('f')).toBeUndefined();
    expect(bytes()).toBe(12);
    cache.prune(1, { reclaim: 0 });
    expect(cache.size()).toBe(1);
    expect(bytes()).toBe(cache.exists('c') ? 4 : 8);
    clock.advance(5_000);
    clock.turn();
    cache.purge();
    expect(bytes()).toBe(0);
    cache.put('a', 5);
    cache.clear();
    expect(bytes()).toBe(0);
  });
});
