import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import { createCache, isCacheError } from '../../src/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { settle } from './an-engine.ts';

describe('a cache', () => {
  it('has methods that work when they are taken off', async () => {
    const { put, get, size, fetch, has, set } = createCache<string, number>();
    put('ada', 1);
    set('bob', 2);
    expect([get('ada'), get('bob'), has('eve'), size()]).toEqual([1, 2, false, 2]);
    expect(await fetch('eve', () => 3)).toBe(3);
  });

  it('holds values by reference, or copies with clone', () => {
    const value = { list: [1] };
    const byReference = createCache<string, typeof value>();
    const byCopy = createCache<string, typeof value>({ clone: true });
    for (const cache of [byReference, byCopy]) cache.put('ada', value);
    value.list.push(2);
    expect(byReference.get('ada')).toBe(value);
    expect(byCopy.get('ada')).toEqual({ list: [1] });
    byCopy.get('ada')?.list.push(3);
    expect(byCopy.get('ada')).toEqual({ list: [1] });
  });

  it('gives everyone who waits for a load a copy of their own with clone', async () => {
    const cache = createCache<string, { list: number[] }>({ clone: true });
    const load = async () => ({ list: [1] });
    const [a, b] = await Promise.all([cache.fetch('ada', load), cache.fetch('ada', load)]);
    expect(a).toEqual(b);
    expect(a).not.toBe(b);
  });

  it('keeps promises as values', () => {
    const cache = createCache<string, Promise<number>>({ stats: true });
    const value = Promise.resolve(5);
    cache.put('ada', value);
    expect(cache.get('ada')).toBe(value);
    expect(cache.stats().hits).toBe(1);
  });

  it('tells a stored undefined from a miss', () => {
    const cache = createCache<string, number | undefined>({ stats: true });
    cache.put('ada', undefined);
    expect([cache.get('ada'), cache.exists('ada'), cache.size()]).toEqual([undefined, true, 1]);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 0 });
  });

  it('passes options by name to fetch, and answers its default where nothing is loaded', async () => {
    const cache = createCache<string, string | undefined>({
      functions: { load: (key) => (key === 'ada' ? 'Ada' : undefined) },
    });
    expect(await cache.fetch('ada', 'load', { ttl: '5m' })).toBe('Ada');
    expect(await cache.fetch('bob', 'load', { default: 'nobody' })).toBe('nobody');
    expect(cache.keys()).toEqual(['ada']);
    expect(cache.ttl('ada')).toBeGreaterThan(299_000);
  });

  it('updates with an asynchronous function only what the function saw', async () => {
    const cache = createCache<string, number>();
    cache.put('n', 1);
    const answer = cache.update('n', async (value) => value * 10);
    cache.incr('n');
    expect(await answer).toBe(true);
    expect(cache.get('n')).toBe(20);
    const gone = cache.update('n', async (value) => value + 1);
    cache.del('n');
    expect(await gone).toBe(false);
    expect(cache.size()).toBe(0);
  });

  it('does not bring back what the function of an update removed', () => {
    const cache = createCache<string, number>();
    cache.put('n', 1);
    expect(
      cache.update('n', (value) => {
        cache.del('n');
        return value + 1;
      }),
    ).toBe(false);
    expect(cache.size()).toBe(0);
  });
});

describe('call', () => {
  it('does what the method of that name does', async () => {
    const cache = createCache<string, number>();
    expect(cache.call({ action: 'put', args: ['ada', 1] })).toBeUndefined();
    const value = cache.call({ action: 'get', args: ['ada', { default: 5 }] });
    expectTypeOf(value).toEqualTypeOf<number | undefined>();
    expect(value).toBe(1);
    expect(await cache.call({ action: 'fetch', args: ['bob', () => 2] })).toBe(2);
    expect(cache.call({ action: 'size', args: [] })).toBe(2);
  });

  it.each([
    [{ action: 'gett', args: ['ada'] }, "action: 'gett' is not an action; did you mean 'get'?"],
    [{ action: 'toString', args: [] }, "'toString' is not an action"],
    [{ action: 'set', args: ['ada', 1] }, "'set' is not an action"],
    [{ action: 5, args: [] }, 'action: 5 is not an action'],
    [{ action: 'get' }, 'args: undefined is not an array'],
    [{ action: 'get', args: ['ada', {}, 5] }, 'args: get takes at most 2, not 3'],
    [undefined, 'action: undefined is not an action'],
  ])('refuses %j', (record, message) => {
    const cache = createCache();
    expect(() => cache.call(record as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });
});

describe('events', () => {
  it('need a function to listen', () => {
    const cache = createCache();
    expect(() => cache.on('expired', undefined as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: 'listener: undefined is not a function',
      }),
    );
    cache.close();
  });

  it('are told until they are turned off', () => {
    const clock = new ManualClock();
    const cache = createCache<string, number>({ clock });
    const listener = vi.fn();
    cache.on('expired', listener);
    cache.put('ada', 1, { ttl: 10 });
    clock.advance(5_000);
    cache.off('expired', listener);
    cache.put('bob', 1, { ttl: 10 });
    clock.advance(5_000);
    expect(listener.mock.calls).toEqual([['ada']]);
  });

  it('may put again what has expired, and whatever call found that goes on from there', () => {
    const clock = new ManualClock();
    const cache = createCache<string, number>({ clock });
    const keys = ['get', 'add', 'incr', 'take', 'update'];
    for (const key of keys) cache.put(key, 1, { ttl: 10 });
    cache.on('expired', (key) => cache.put(key, 5));
    clock.advance(10);
    expect(cache.get('get')).toBe(5);
    expect([cache.add('add', 1), cache.get('add')]).toEqual([false, 5]);
    expect([cache.incr('incr'), cache.get('incr')]).toEqual([6, 6]);
    expect([cache.take('take'), cache.exists('take')]).toEqual([5, false]);
    expect([cache.update('update', (n) => n * 2), cache.get('update')]).toEqual([true, 10]);
  });

  it('are known by name', () => {
    expect(() => createCache().on('expird' as never, () => {})).toThrow("did you mean 'expired'?");
  });
});

describe('statistics', () => {
  it('count what actions do', async () => {
    const clock = new ManualClock();
    const cache = createCache<string, number>({ clock, stats: true });
    cache.put('ada', 1);
    cache.set('bob', 2, { ttl: 10 });
    cache.get('ada');
    cache.get('eve');
    cache.has('ada');
    cache.incr('ada');
    cache.incr('n');
    cache.update('ada', 5);
    await cache.update('ada', async (value) => value + 1);
    cache.update('absent', 5);
    cache.expire('ada', 50);
    cache.expire('n', 0);
    cache.del('absent');
    clock.advance(10);
    cache.get('bob');
    await cache.fetch('eve', () => 3);
    await cache.fetch('eve', () => 3);
    cache.clear();
    expect(cache.stats()).toEqual({
      hits: 3,
      misses: 3,
      hitRate: 0.5,
      missRate: 0.5,
      writes: 4,
      updates: 4,
      removals: 3,
      loads: 1,
      invocations: 0,
      expirations: 1,
      evictions: 0,
      calls: { put: 2, get: 3, exists: 1, incr: 2, update: 3, expire: 2, del: 1, fetch: 2, clear: 1 },
    });
  });
});

describe('close', () => {
  const clock = new ManualClock();

  it('makes every method fail with CLOSED, also those taken off before', async () => {
    const cache = createCache<string, number>({ clock });
    const { get } = cache;
    cache.put('ada', 1, { ttl: 10 });
    cache.close();
    cache.close();
    expect(clock.timers).toBe(0);
    expect(() => get('ada')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => cache.call({ action: 'get', args: ['ada'] })).toThrow(
      expect.objectContaining({ code: 'CLOSED' }),
    );
    const methods = cache as unknown as Record<string, () => unknown>;
    for (const action of Object.values(actions)) {
      for (const name of [action.name, ...(action.aliases ?? [])]) {
        const failure = await (async () => methods[name]!())().catch((error: unknown) => error);
        expect(isCacheError(failure, 'CLOSED')).toBe(true);
      }
    }
    await expect(cache.fetch('ada', () => 1)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('rejects those who wait, updates too', async () => {
    const cache = createCache<string, number>({ clock });
    cache.put('n', 1);
    const load = cache.fetch('ada', () => new Promise(() => {}));
    const update = cache.update('n', async (value) => value + 1);
    cache.close();
    await expect(load).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(update).rejects.toMatchObject({ code: 'CLOSED' });
    await settle();
  });

  it('comes at the end of a `using` block', () => {
    const cache = createCache({ clock });
    {
      using inner = cache;
      inner.put('ada', 1);
    }
    expect(() => cache.get('ada')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});
