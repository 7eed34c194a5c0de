import { afterAll, describe, expect, it } from 'vitest';
import { type CommandMap, commit, ignore } from '../../src/index.ts';
import { manyKeys } from '../keys.ts';
import { clusters, itSteadily, type SetUp, setUps } from '../set-ups.ts';

const commands: CommandMap<unknown> = {
  last: { type: 'read', execute: (list) => (list as unknown[] | undefined)?.at(-1) },
  slice: {
    type: 'read',
    execute: (list, from: number, to: number) => (list as unknown[]).slice(from, to),
  },
  echo: { type: 'read', execute: (value, ...args) => [value, ...args] },
  push: {
    type: 'write',
    execute: (list, value: unknown) => {
      const longer = [...((list as unknown[]) ?? []), value];
      return [longer.length, longer];
    },
  },
  lpop: {
    type: 'write',
    execute: (list) => {
      const [first, ...others] = (list as unknown[] | undefined) ?? [];
      return others.length === 0 && first === undefined ? ignore('empty') : [first, others];
    },
  },
  add: { type: 'write', execute: (n = 0, by: number) => [n, (n as number) + by] },
  store: { type: 'write', execute: (_value, value: unknown) => [undefined, value] },
  fail: {
    type: 'write',
    execute: () => {
      throw Object.assign(new TypeError('not today'), { code: 'E_NO' });
    },
  },
  later: { type: 'write', execute: (async () => [1, 2]) as never },
  laterRead: { type: 'read', execute: async () => Promise.reject(new Error('unseen')) },
  single: { type: 'write', execute: (() => 5) as never },
  short: { type: 'write', execute: (() => [5]) as never },
  committed: { type: 'write', execute: (() => commit(5)) as never },
};

const open = (setUp: SetUp, options: object = {}) => setUp.open({ commands, ...options });

describe.each(setUps)('invoke $name', (setUp) => {
  afterAll(() => setUp.close());

  it('answers what a read command makes of the value and its arguments', async () => {
    const { everywhere, cache } = await open(setUp);
    await cache.put('list', [1, 2, 3]);
    for (const one of everywhere) {
      expect(await one.invoke('last', 'list')).toBe(3);
      expect(await one.invoke('slice', 'list', [1, 3])).toEqual([2, 3]);
      expect(await one.invoke('echo', 'list', [undefined, { a: new Map([[1, 2]]) }, null])).toEqual([
        [1, 2, 3],
        undefined,
        { a: new Map([[1, 2]]) },
        null,
      ]);
    }
    expect(await cache.get('list')).toEqual([1, 2, 3]);
  });

  it('gives a command `undefined` on a miss', async () => {
    const { stranger, cache } = await open(setUp);
    expect(await stranger('none').invoke('last', 'none')).toBe(undefined);
    expect(await stranger('none').invoke('echo', 'none', ['x'])).toEqual([undefined, 'x']);
    expect(await cache.size()).toBe(0);
  });

  it('stores what a write command makes, and answers its result', async () => {
    const { everywhere, cache } = await open(setUp);
    for (const [n, one] of everywhere.entries()) {
      expect(await one.invoke('push', 'list', [n])).toBe(n + 1);
    }
    expect(await cache.get('list')).toEqual(everywhere.map((_, n) => n));
    for (const [n, one] of everywhere.entries()) expect(await one.invoke('lpop', 'list')).toBe(n);
    expect(await cache.get('list')).toEqual([]);
  });

  it('stores nothing for `ignore(result)`, and answers that', async () => {
    const { stranger, cache } = await open(setUp);
    expect(await stranger('list').invoke('lpop', 'list')).toBe('empty');
    expect(await cache.exists('list')).toBe(false);
  });

  it('keeps the expiry of an entry, and creates one with the time to live of the cache', async () => {
    const { cache, stranger, advance } = await open(setUp, { ttl: '1h' });
    await stranger('new').invoke('add', 'new', [1]);
    expect(await cache.ttl('new')).toBe(3_600_000);
    await cache.put('ada', 1, { ttl: 100 });
    advance(40);
    expect(await stranger('ada').invoke('add', 'ada', [1])).toBe(1);
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([2, 60]);
    advance(60);
    expect(await stranger('ada').invoke('add', 'ada', [5])).toBe(0);
    expect([await cache.get('ada'), await cache.ttl('ada')]).toEqual([5, 3_600_000]);
  });

  it('stores null and undefined like any other value', async () => {
    const { cache } = await open(setUp);
    for (const value of [null, undefined]) {
      await cache.put('ada', 1);
      expect(await cache.invoke('store', 'ada', [value])).toBe(undefined);
      expect([await cache.get('ada'), await cache.exists('ada')]).toEqual([value, true]);
    }
  });

  it('passes on what a command throws, changing nothing', async () => {
    const { cache, stranger } = await open(setUp);
    await cache.put('ada', 1);
    await expect(stranger('ada').invoke('fail', 'ada')).rejects.toMatchObject({
      name: 'TypeError',
      message: 'not today',
      code: 'E_NO',
    });
    expect(await cache.get('ada')).toBe(1);
  });

  it.each([
    ['later', /^commands\.later: it answered a promise; a command must be synchronous/],
    ['laterRead', /^commands\.laterRead: it answered a promise/],
    ['single', /^commands\.single: a write command answers \[result, newValue\] or ignore\(result\), not 5/],
    ['short', /^commands\.short: .*, not an array/],
    ['committed', /^commands\.committed: .*, not an object/],
  ])('refuses what %s answers, changing nothing', async (name, message) => {
    const { cache, stranger } = await open(setUp);
    await cache.put('ada', 1);
    await expect(stranger('ada').invoke(name, 'ada')).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
    expect(await cache.get('ada')).toBe(1);
  });

  it('refuses a command that is not registered, naming what there is', async () => {
    const { everywhere, name } = await open(setUp);
    for (const one of everywhere) {
      const where = setUp.clustered ? "^node '\\w+': " : '^';
      await expect(one.invoke('lopp', 'ada')).rejects.toMatchObject({
        code: 'UNKNOWN_COMMAND',
        message: expect.stringMatching(`${where}cache '${name}' has no command 'lopp'; did you mean 'lpop'?`),
      });
      await expect(one.invoke('toString', 'ada')).rejects.toMatchObject({ code: 'UNKNOWN_COMMAND' });
    }
  });

  it('is atomic: no change of many at the same time is lost', async () => {
    const { cache, everywhere } = await open(setUp);
    const callers = [...everywhere, ...everywhere, ...everywhere];
    for (const key of manyKeys.slice(0, 5)) {
      const seen = await Promise.all(callers.map((one) => one.invoke('add', key, [1])));
      expect([...(seen as number[])].sort((a, b) => a - b)).toEqual(callers.map((_, n) => n));
      expect(await cache.get(key)).toBe(callers.length);
    }
  });

  itSteadily(setUp, 'counts invocations, what reads found, and what writes did', async () => {
    const { cache, stranger, owner, counted } = await open(setUp, { stats: true });
    await stranger('ada').invoke('push', 'ada', [1]);
    await stranger('ada').invoke('push', 'ada', [2]);
    await stranger('ada').invoke('last', 'ada');
    await stranger('bob').invoke('last', 'bob');
    await cache.invoke('lpop', 'bob');
    await cache.invoke('fail', 'bob').catch(() => {});
    await cache.invoke('later', 'bob').catch(() => {});
    expect((await owner('ada').stats()).invocations).toBeGreaterThanOrEqual(3);
    expect(await counted()).toMatchObject({
      invocations: 5,
      hits: 1,
      misses: 1,
      writes: 1,
      updates: 1,
      calls: { invoke: 5 },
    });
  });
});

describe.each(clusters)('invoke $name', (setUp) => {
  afterAll(() => setUp.close());

  it('refuses arguments, results and new values that cannot be sent, wherever the owner is', async () => {
    const { everywhere, cache } = await open(setUp, {
      commands: {
        ...commands,
        give: { type: 'read', execute: () => ({ go: () => {} }) },
        keep: { type: 'write', execute: () => [1, { go: () => {} }] },
      },
    });
    await cache.put('ada', 1);
    const bad: [name: string, args: unknown[], message: RegExp][] = [
      ['echo', [1, { go: () => {} }], /^args: the value at '\[1\]\.go' is a function/],
      ['give', [], /^commands\.give: the result: the value at 'go' is a function/],
      ['keep', [], /^commands\.keep: the new value: the value at 'go' is a function/],
    ];
    for (const one of everywhere) {
      for (const [name, args, message] of bad) {
        await expect(one.invoke(name, 'ada', args)).rejects.toMatchObject({
          code: 'NOT_SERIALIZABLE',
          message: expect.stringMatching(message),
        });
      }
    }
    expect(await cache.get('ada')).toBe(1);
  });

  it('does not let a command change what is stored, or an argument', async () => {
    const { everywhere, cache } = await open(setUp, {
      commands: {
        spoil: {
          type: 'read',
          execute: (list: unknown, other: unknown[]) => {
            (list as unknown[]).push('spoilt');
            other.push('spoilt');
          },
        },
      },
    });
    await cache.put('ada', []);
    const args: unknown[] = [[]];
    for (const one of everywhere) await one.invoke('spoil', 'ada', args);
    expect([await cache.get('ada'), args]).toEqual([[], [[]]]);
  });
});
