import type { Key } from '@cachex/router/hash';
import { afterAll, describe, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';
import { aGate, eventually } from '../gate.ts';
import { manyKeys } from '../keys.ts';
import { clusters, itSteadily, type Opened, setUps } from '../set-ups.ts';

const [a, b, c] = manyKeys as [string, string, string];

/** What all nodes read, which is the same everywhere. */
async function everywhere({ everywhere: caches }: Opened, keys: readonly Key[]): Promise<unknown[]> {
  const [first, ...others] = await Promise.all(
    caches.map((cache) => Promise.all(keys.map((key) => cache.get(key)))),
  );
  for (const other of others) expect(other).toEqual(first);
  return first!;
}

describe.each(setUps)('transaction $name', (setUp) => {
  afterAll(() => setUp.close());

  it('writes all that was done to its keys, whoever owns them, and answers what the function answers', async () => {
    const opened = await setUp.open();
    const { cache } = opened;
    for (const key of manyKeys) await cache.put(key, 100);
    const moved = await cache.transaction(manyKeys, async (tx) => {
      for (const key of manyKeys.slice(1)) await tx.decr(key, 10);
      await tx.incr(a, 10 * (manyKeys.length - 1));
      return { moved: await tx.get(a) };
    });
    expect(moved).toEqual({ moved: 390 });
    expect(await everywhere(opened, manyKeys)).toEqual([390, ...manyKeys.slice(1).map(() => 90)]);
  });

  it('takes every action on a key: values, expiry, removal, and what is loaded', async () => {
    const opened = await setUp.open({ ttl: '1h', functions: { load: (key) => `loaded ${key}` } });
    const { cache, stranger, advance } = opened;
    await cache.put(a, 1, { ttl: 1_000 });
    await cache.put(b, 'b');
    await cache.put('gone', 1);
    const answers = await cache.transaction([a, b, c, 'gone', 'new', 'loaded'], async (tx) => [
      await tx.take(b),
      await tx.add(b, 'again', { ttl: null }),
      await tx.update(a, async (value) => Number(value) + 1),
      await tx.expire('gone', 0),
      await tx.exists('gone'),
      await tx.put('new', { n: 1 }, { ttl: 50 }),
      await tx.fetch('loaded', 'load'),
      await tx.ttl('new'),
      await tx.persist(c),
    ]);
    expect(answers).toEqual(['b', true, true, true, false, undefined, 'loaded loaded', 50, false]);
    expect(await everywhere(opened, [a, b, c, 'gone', 'new', 'loaded'])).toEqual([
      2,
      'again',
      undefined,
      undefined,
      { n: 1 },
      'loaded loaded',
    ]);
    expect([await stranger(a).ttl(a), await cache.ttl(b), await cache.ttl('loaded')]).toEqual([
      1_000,
      null,
      3_600_000,
    ]);
    advance(50);
    expect(await cache.exists('new')).toBe(false);
  });

  it('keeps the tags of entries whose value it changes, and gives others theirs', async () => {
    const opened = await setUp.open();
    const { cache } = opened;
    await cache.put(a, 1, { tags: ['old'] });
    await cache.put(b, 1, { tags: ['old'] });
    await cache.transaction([a, b, c], async (tx) => {
      await tx.incr(a);
      await tx.put(b, 2, { tags: ['new'] });
      await tx.put(c, 3, { tags: ['new'] });
    });
    expect(await cache.invalidateTag('old')).toBe(1);
    expect(await everywhere(opened, [a, b, c])).toEqual([undefined, 2, 3]);
    expect(await cache.invalidateTag('new')).toBe(2);
  });

  it('writes nothing when the function throws, and passes the error on', async () => {
    const opened = await setUp.open();
    const { cache, stranger } = opened;
    await cache.put(a, 1);
    const error = new RangeError('not enough');
    const failing = stranger(a).transaction([a, b], async (tx) => {
      await tx.put(a, 2);
      await tx.put(b, 2);
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    expect(await everywhere(opened, [a, b])).toEqual([1, undefined]);
    await cache.put(a, 3);
    expect(await cache.get(a)).toBe(3);
  });

  it('refuses keys that it does not name, what is not about one key, and what comes too late', async () => {
    const { cache } = await setUp.open();
    let late: unknown;
    await cache.transaction([a, ['b', 1]], async (tx) => {
      await tx.put(['b', 1], 1);
      await expect((async () => tx.get(c))()).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: `key: '${c}' is not a key of this transaction; name it in \`keys\``,
      });
      await expect((async () => tx.fetch(c, (() => 1) as never))()).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
      const { size } = tx as unknown as { size(): unknown };
      await expect((async () => size())()).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: 'size: a transaction has only the actions on one key',
      });
      late = tx.put;
    });
    await expect((async () => (late as (...args: unknown[]) => unknown)(a, 1))()).rejects.toMatchObject({
      code: 'CLOSED',
    });
    expect([await cache.get(a), await cache.get(['b', 1])]).toEqual([undefined, 1]);
  });

  it('takes a key that is named twice for one, and composite ones by content', async () => {
    const { cache } = await setUp.open();
    await cache.transaction([['u', 1], ['u', 1], 0, -0], async (tx) => {
      await tx.incr(['u', 1]);
      await tx.incr(0);
    });
    expect([await cache.get(['u', 1]), await cache.get(-0)]).toEqual([1, 1]);
  });

  it('without keys gets the cache itself', async () => {
    const { cache } = await setUp.open();
    const size = await cache.transaction([], async (whole) => {
      await whole.put(a, 1);
      await whole.put(b, 1);
      return whole.size();
    });
    expect(size).toBe(2);
  });

  it('loses no update of any number of them, and of other writers, at the same keys', async () => {
    const opened = await setUp.open();
    const keys = manyKeys.slice(0, 4);
    const rounds = 6;
    const work: Promise<unknown>[] = [];
    opened.everywhere.forEach((cache, n) => {
      for (let round = 0; round < rounds; round += 1) {
        const some = [keys[(n + round) % 4]!, keys[(n + 2 * round + 1) % 4]!];
        work.push(
          cache.transaction(some, async (tx) => {
            for (const key of new Set(some)) await tx.put(key, Number((await tx.get(key)) ?? 0) + 1);
          }),
        );
        for (const key of new Set(some)) work.push(cache.incr(key));
      }
    });
    await Promise.all(work);
    const counts = await everywhere(opened, keys);
    let expected = 0;
    for (let n = 0; n < opened.everywhere.length; n += 1)
      for (let round = 0; round < rounds; round += 1)
        expected += 2 * new Set([(n + round) % 4, (n + 2 * round + 1) % 4]).size;
    expect(counts.reduce((sum: number, value) => sum + Number(value), 0)).toBe(expected);
  });

  itSteadily(setUp, 'is counted once where it runs, and each entry where it is', async () => {
    const opened = await setUp.open({ stats: true });
    const { cache, counted } = opened;
    await cache.put(a, 1);
    await cache.put(b, 1);
    await cache.transaction([a, b, c, 'gone'], async (tx) => {
      await tx.incr(a);
      await tx.incr(a);
      await tx.del(b);
      await tx.put(c, 1);
      await tx.get('gone');
    });
    expect(await counted()).toMatchObject({
      hits: 0,
      misses: 0,
      writes: 3,
      updates: 1,
      removals: 1,
      loads: 0,
      expirations: 0,
      calls: { put: 2, transaction: 1 },
    });
    expect((await cache.stats()).calls.transaction).toBe(1);
  });

  it.each<[args: unknown[], message: RegExp]>([
    [['a', () => {}], /^keys: 'a' is not an array of keys/],
    [[['a'], 'work'], /^work: 'work' is not a function/],
    [[['a'], () => {}, { leese: 5 }], /did you mean 'lease'/],
    [[['a'], () => {}, { lease: Number.POSITIVE_INFINITY }], /^lease: a lease must end/],
    [[['a'], () => {}, { lease: 0 }], /^lease: 0 /],
  ])('refuses %j', async (args, message) => {
    const { cache } = await setUp.open();
    const call = cache.transaction as unknown as (...given: unknown[]) => Promise<unknown>;
    await expect(call(...args)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
    await expect(call([{}], () => {})).rejects.toMatchObject({ code: 'INVALID_KEY' });
  });
});

describe.each(clusters)('transaction $name', (setUp) => {
  afterAll(() => setUp.close());

  it('lets writes of others wait while it runs, and reads go on', async () => {
    const { cache, stranger, owner } = await setUp.open({ functions: { load: () => 'loaded' } });
    const load = (): string => 'loaded';
    await cache.put(a, 'before');
    const [gate, begun] = [aGate(), aGate()];
    const running = cache.transaction([a, c], async (tx) => {
      begun.open();
      await gate.passed;
      await tx.put(a, `${await tx.get(a)}, then the transaction`);
      await tx.put(c, 'not loaded');
    });
    await setUp.run(begun.passed);
    let written = false;
    const writing = stranger(a)
      .update(a, 'last')
      .then((existed) => {
        written = true;
        return existed;
      });
    const many = stranger(a).putMany([
      [a, 'many'],
      [b, 'many'],
    ]);
    const loading = Promise.all([stranger(c).fetch(c, load), owner(c).fetch(c, 'load')]);
    expect([await owner(a).get(a), await stranger(a).fetch(a, 'load'), await cache.fetch(a, load)]).toEqual([
      'before',
      'before',
      'before',
    ]);
    expect(await stranger(a).getMany([a])).toEqual(['before']);
    expect(written).toBe(false);
    gate.open();
    await running;
    expect(await writing).toBe(true);
    await many;
    expect(['last', 'many']).toContain(await cache.get(a));
    expect(await loading).toEqual(['not loaded', 'not loaded']);
  });

  it('gives up waiting for a lock with LOCKED, and so does a write', async () => {
    const { cache, stranger } = await setUp.open();
    const [gate, begun] = [aGate(), aGate()];
    const running = cache.transaction([a], async () => {
      begun.open();
      await gate.passed;
    });
    await setUp.run(begun.passed);
    const refused = { code: 'LOCKED' };
    await Promise.all([
      expect(stranger(a).put(a, 1, { timeout: 2_000 })).rejects.toMatchObject(refused),
      expect(stranger(a).transaction([a, b], () => 1, { timeout: 2_000 })).rejects.toMatchObject(refused),
      expect(stranger(a).transaction([], () => 1, { timeout: 2_000 })).rejects.toMatchObject(refused),
    ]);
    gate.open();
    await running;
    expect(await cache.get(a)).toBeUndefined();
    await cache.put(b, 1);
  });

  it('ends with the reason of its signal, and lets go of its locks', async () => {
    const { cache, stranger } = await setUp.open();
    const abort = new AbortController();
    const begun = aGate();
    const running = cache.transaction(
      [a],
      async (tx) => {
        await tx.put(a, 1);
        begun.open();
        await new Promise(() => {});
      },
      { signal: abort.signal },
    );
    await setUp.run(begun.passed);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await stranger(a).put(a, 2);
    expect(await cache.get(a)).toBe(2);
  });

  it('without keys waits until no key is locked', async () => {
    const { cache, stranger } = await setUp.open();
    const [gate, begun] = [aGate(), aGate()];
    const running = cache.transaction([a], async (tx) => {
      begun.open();
      await gate.passed;
      await tx.put(a, 1);
    });
    await setUp.run(begun.passed);
    const whole = stranger(a).transaction([], (all) => all.get(a));
    await stranger(a).get(a);
    gate.open();
    expect(await whole).toBe(1);
    await running;
  });

  it('is overruled by clear: nothing of it is written', async () => {
    const opened = await setUp.open();
    const { cache, stranger } = opened;
    await cache.put(a, 1);
    const [gate, begun] = [aGate(), aGate()];
    const running = cache.transaction([a, b], async (tx) => {
      begun.open();
      await gate.passed;
      await tx.incr(a);
      await tx.put(b, 1);
    });
    await setUp.run(begun.passed);
    await stranger(a).clear();
    gate.open();
    await expect(running).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await everywhere(opened, [a, b])).toEqual([undefined, undefined]);
  });
});

describe('transaction in this process', () => {
  const local = setUps[0]!;

  it.each<[what: string, change: (cache: Opened['cache']) => Promise<unknown>, runs: number]>([
    ['nothing', async () => {}, 1],
    ['another key', (cache) => cache.put('other', 1), 1],
    ['a value', (cache) => cache.incr(a), 2],
    ['the expiry of an entry', (cache) => cache.expire(a, 1_000), 2],
    ['an entry that was not there', (cache) => cache.put(b, 1), 2],
    ['an entry that is removed', (cache) => cache.del(a), 2],
  ])(
    'runs an asynchronous function again if an entry has changed meanwhile: %s',
    async (_what, change, times) => {
      const { cache } = await local.open();
      await cache.put(a, 1);
      const gate = aGate();
      let runs = 0;
      const running = cache.transaction([a, b], async (tx) => {
        runs += 1;
        const seen = await tx.get(a);
        await gate.passed;
        await tx.put(b, seen);
        return seen;
      });
      await eventually(() => runs === 1);
      await change(cache);
      gate.open();
      expect(await running).toBe(await cache.get(a));
      expect([runs, await cache.get(b)]).toEqual([times, await cache.get(a)]);
    },
  );

  it('that is closed meanwhile rejects, and writes nothing', async () => {
    const cache = createCache<string, number>();
    const running = cache.transaction([a], async (tx) => tx.put(a, 1));
    cache.close();
    await expect(running).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
