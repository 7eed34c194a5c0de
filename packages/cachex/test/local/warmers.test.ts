import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cache, commit, createCache, ignore, type Warmer } from '../../src/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { settle } from './an-engine.ts';

let clock: ManualClock;
let errors: unknown[];
const caches: Cache[] = [];
beforeEach(() => {
  clock = new ManualClock();
  errors = [];
});
afterEach(() => {
  for (const cache of caches.splice(0)) cache.close();
});

function aCache(...warmers: Warmer[]): Cache {
  const cache = createCache({ clock, warmers });
  cache.on('error', (error) => errors.push(error));
  caches.push(cache);
  return cache;
}

describe('a warmer', () => {
  it('runs when the cache is created, and writes what it finds', async () => {
    const entries: [string, number, { ttl: number }?][] = [
      ['ada', 1],
      ['bob', 2, { ttl: 50 }],
    ];
    const cache = aCache({ name: 'users', execute: () => entries as [string, number][] });
    expect(cache.size()).toBe(0);
    await settle();
    expect([cache.get('ada'), cache.get('bob'), cache.ttl('bob')]).toEqual([1, 2, 50]);
    expect(clock.timers).toBe(1);
  });

  it.each<[what: string, found: unknown, keys: string[]]>([
    ['a map', new Map([['ada', 1]]), ['ada']],
    [
      'a generator',
      (async function* () {
        yield ['ada', 1];
        yield ['bob', 2];
      })(),
      ['ada', 'bob'],
    ],
    ['a commit with a time to live', commit([['ada', 1]], { ttl: 50 }), ['ada']],
    ['what is to be ignored', ignore([['ada', 1]]), []],
    ['nothing', undefined, []],
  ])('may find %s', async (_what, found, keys) => {
    const cache = aCache({ name: 'users', execute: () => found as [] });
    expect(await cache.warm({ wait: true })).toEqual(['users']);
    expect(cache.keys()).toEqual(keys);
    expect(errors).toEqual([]);
  });

  it.each<[what: string, found: unknown, message: string]>([
    ['a number', 5, "warmer 'users' found 5, not entries that can be iterated"],
    ['a text', 'ada', "warmer 'users' found 'ada', not entries that can be iterated"],
    ['keys alone', ['ada'], "warmer 'users': 'ada' is not [key, value] or [key, value, options]"],
  ])('that finds %s has failed', async (_what, found, message) => {
    const cache = aCache({ name: 'users', execute: () => found as [] });
    await expect(cache.warm({ wait: true })).rejects.toMatchObject({ code: 'INVALID_OPTION', message });
    expect(errors).toHaveLength(1);
  });

  it('runs again after each interval, counted from the beginning of the last run', async () => {
    let runs = 0;
    const ends: (() => void)[] = [];
    aCache({
      name: 'users',
      interval: '1s',
      execute: async () => {
        runs += 1;
        await new Promise<void>((resolve) => ends.push(resolve));
        return [];
      },
    });
    await settle();
    clock.advance(400);
    ends[0]!();
    await settle();
    clock.advance(599);
    await settle();
    expect(runs).toBe(1);
    clock.advance(1);
    await settle();
    expect(runs).toBe(2);
    // This one takes longer than the interval.
    clock.advance(2_500);
    await settle();
    expect(runs).toBe(2);
    ends[1]!();
    await settle();
    clock.advance(0);
    await settle();
    expect(runs).toBe(3);
  });

  it('that fails says so, and tries again after its interval', async () => {
    let runs = 0;
    const cache = aCache({
      name: 'users',
      interval: '1s',
      execute: () => {
        runs += 1;
        if (runs === 1) throw new Error('no');
        return [['ada', 1]];
      },
    });
    await settle();
    expect(errors).toEqual([expect.objectContaining({ message: 'no' })]);
    clock.advance(1_000);
    await settle();
    expect([cache.get('ada'), errors.length]).toEqual([1, 1]);
  });

  it('is not run twice at a time: warm joins the run that is under way', async () => {
    let runs = 0;
    let end: () => void = () => {};
    const cache = aCache({
      name: 'users',
      execute: async () => {
        runs += 1;
        await new Promise<void>((resolve) => {
          end = resolve;
        });
        return [];
      },
    });
    await settle();
    const warming = Promise.all([cache.warm({ wait: true }), cache.warm({ wait: true, only: ['users'] })]);
    expect(await cache.warm()).toEqual(['users']);
    end();
    expect(await warming).toEqual([['users'], ['users']]);
    expect(runs).toBe(1);
    await cache.warm();
    await settle();
    expect(runs).toBe(2);
  });

  it('is told when the cache closes, and nothing of it stays behind', async () => {
    let signal: AbortSignal | undefined;
    const cache = aCache({
      name: 'users',
      interval: '1s',
      required: true,
      execute: (context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    });
    await settle();
    const ready = cache.ready();
    ready.catch(() => {});
    cache.close();
    await expect(ready).rejects.toMatchObject({ code: 'CLOSED' });
    expect(signal?.reason).toMatchObject({ code: 'CLOSED' });
    await settle();
    expect([clock.timers, errors]).toEqual([0, []]);
  });
});

describe('ready', () => {
  it('waits for the warmers that are required, and for no others', async () => {
    let end: () => void = () => {};
    const cache = aCache(
      {
        name: 'users',
        required: true,
        execute: async () => {
          await new Promise<void>((resolve) => {
            end = resolve;
          });
          return [['ada', 1]];
        },
      },
      { name: 'other', execute: () => new Promise(() => {}) },
    );
    let ready = false;
    const waiting = cache.ready().then(() => {
      ready = true;
    });
    await settle();
    expect(ready).toBe(false);
    end();
    await waiting;
    expect(cache.get('ada')).toBe(1);
  });

  it('rejects as the warmer has failed, until it has succeeded', async () => {
    let fail = true;
    const cache = aCache({
      name: 'users',
      required: true,
      execute: () => {
        if (fail) throw new Error('no');
        return [];
      },
    });
    await expect(cache.ready()).rejects.toThrow('no');
    await expect(cache.ready()).rejects.toThrow('no');
    fail = false;
    await cache.warm({ wait: true });
    await cache.ready();
    fail = true;
    await expect(cache.warm({ wait: true })).rejects.toThrow('no');
    await cache.ready();
  });
});

describe('options of warmers', () => {
  const execute = (): [] => [];
  it.each<[warmers: unknown, message: string]>([
    [{}, 'warmers must be an array of warmers, not an object'],
    [[{ execute }], 'warmers[0].name is missing'],
    [[{ name: 'a' }], 'warmers[0].execute is missing'],
    [[{ name: 'a', execute: 5 }], 'warmers[0].execute: 5 is not a function'],
    [[{ name: 'a', execute, interval: 0 }], 'warmers[0].interval: 0 is not a duration above zero'],
    [
      [{ name: 'a', execute, intervall: 5 }],
      "unknown option 'warmers[0].intervall'; did you mean 'interval'?",
    ],
    [
      [
        { name: 'a', execute },
        { name: 'a', execute },
      ],
      "warmers[1].name: 'a' is the name of another warmer",
    ],
  ])('%j are refused', (warmers, message) => {
    expect(() => createCache({ warmers: warmers as Warmer[] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    );
  });
});
