import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cache, type CacheOptions, type Call, createCache, type Hook } from '../../src/index.ts';
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

function aCache(hooks: readonly Hook[], more: CacheOptions = {}): Cache {
  const cache = createCache({ clock, ...more, hooks });
  cache.on('error', (error) => errors.push(error));
  caches.push(cache);
  return cache;
}

describe('a hook', () => {
  it('is told of the actions it names, before or after', () => {
    const told: string[] = [];
    const cache = aCache([
      {
        type: 'pre',
        actions: ['put'],
        notify: ({ action }) => void told.push(`pre ${action} ${cache.size()}`),
      },
      {
        type: 'post',
        actions: ['put', 'del'],
        notify: ({ action }) => void told.push(`post ${action} ${cache.size()}`),
      },
    ]);
    cache.put('ada', 1);
    cache.get('ada');
    cache.del('ada');
    expect(told).toEqual(['pre put 0', 'post put 1', 'post del 0']);
  });

  it('has a state of its own, made by init, which is given the cache', () => {
    const told: unknown[] = [];
    const cache = aCache([
      {
        type: 'post',
        init: (methods) => ({ size: methods.size!(), calls: 0 }),
        notify(_call, _outcome, state) {
          state.calls += 1;
          told.push({ ...state });
        },
      },
    ]);
    cache.put('ada', 1);
    cache.get('ada');
    expect(told).toEqual([
      { size: 0, calls: 1 },
      { size: 0, calls: 2 },
    ]);
  });

  it('is not told of what it does itself', () => {
    let told = 0;
    const cache = aCache([
      {
        type: 'post',
        notify() {
          told += 1;
          cache.get('bob');
        },
      },
    ]);
    cache.get('ada');
    expect(told).toBe(1);
    expect(errors).toEqual([]);
  });

  it('sees a record whose values are the ones of the user', () => {
    const calls: Call[] = [];
    const value = { name: 'Ada' };
    const change = (): object => ({ name: 'Bob' });
    for (const clone of [false, true]) {
      calls.length = 0;
      const cache = aCache([{ type: 'post', notify: (call) => void calls.push(call) }], { clone });
      cache.put('ada', value);
      cache.put('none', undefined);
      cache.update('ada', change);
      expect(calls).toEqual([
        { action: 'put', args: ['ada', value] },
        { action: 'put', args: ['none', undefined] },
        { action: 'update', args: ['ada', change] },
      ]);
      expect(calls[0]!.args[1] === value).toBe(!clone);
    }
  });

  it('of the service kind is told what happens by itself', () => {
    const told: unknown[] = [];
    const cache = aCache([
      { type: 'service', notify: ({ action, args }) => void told.push([action, ...args]) },
      { type: 'service', actions: ['cleared'], notify: ({ action }) => void told.push(`only ${action}`) },
    ]);
    cache.put('ada', 1, { ttl: 10 });
    cache.put('bob', 1, { ttl: 20 });
    clock.advance(10);
    cache.get('ada');
    clock.advance(3_000);
    cache.put('eve', 1);
    cache.clear();
    expect(told).toEqual([
      ['expired', 'ada'],
      ['expired', 'bob'],
      ['swept', { started: expect.any(Number), duration: 0, removed: 1 }],
      ['cleared', 1],
      'only cleared',
    ]);
  });

  it('whose init fails lets no cache be made, and leaves nothing behind', () => {
    const init = (): never => {
      throw new Error('no');
    };
    expect(() => aCache([{ type: 'pre', init, notify() {} }], { ttl: 5 })).toThrow('no');
    expect(clock.timers).toBe(0);
  });
});

describe('an asynchronous hook', () => {
  it('is told beside the calls, in order, one at a time', async () => {
    const told: unknown[] = [];
    let release: () => void = () => {};
    const cache = aCache([
      {
        type: 'post',
        async: true,
        notify: ({ args }) => {
          told.push(args[0]);
          return new Promise<void>((resolve) => {
            release = resolve;
          });
        },
      },
    ]);
    cache.get('a');
    cache.get('b');
    cache.get('c');
    expect(told).toEqual([]);
    await settle();
    expect(told).toEqual(['a']);
    release();
    await settle();
    expect(told).toEqual(['a', 'b']);
    release();
    await settle();
    expect(told).toEqual(['a', 'b', 'c']);
    expect(clock.timers).toBe(1);
    release();
    await settle();
    expect(clock.timers).toBe(0);
  });

  it('goes on with the next notification when one takes too long, and reports that', async () => {
    const told: unknown[] = [];
    const cache = aCache([
      {
        name: 'slow',
        type: 'post',
        async: true,
        timeout: '1s',
        notify: ({ args }) => {
          told.push(args[0]);
          return new Promise(() => {});
        },
      },
    ]);
    cache.get('a');
    cache.get('b');
    await settle();
    clock.advance(999);
    await settle();
    expect(told).toEqual(['a']);
    clock.advance(1);
    await settle();
    expect(told).toEqual(['a', 'b']);
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'TIMEOUT',
        message: expect.stringMatching(/^hook 'slow' of cache 'cache'/),
      }),
    ]);
    cache.close();
    expect(clock.timers).toBe(0);
  });

  it('that is behind drops what its queue cannot hold, and says so once', async () => {
    const told: unknown[] = [];
    const cache = aCache([
      { name: 'slow', type: 'post', async: true, queue: 3, notify: ({ args }) => void told.push(args[0]) },
    ]);
    for (const key of ['a', 'b', 'c', 'd', 'e']) cache.get(key);
    await settle();
    cache.get('f');
    await settle();
    expect(told).toEqual(['a', 'b', 'c', 'f']);
    expect(errors).toEqual([expect.objectContaining({ code: 'OVERLOADED' })]);
    for (const key of ['a', 'b', 'c', 'd', 'e']) cache.get(key);
    expect(errors).toHaveLength(2);
  });

  it('is told nothing any more once the cache is closed', async () => {
    let told = 0;
    const cache = aCache([
      {
        type: 'post',
        async: true,
        notify: () => {
          told += 1;
          return new Promise(() => {});
        },
      },
    ]);
    cache.get('a');
    cache.get('b');
    await settle();
    cache.close();
    await settle();
    expect(told).toBe(1);
    expect(clock.timers).toBe(0);
  });
});

describe('options of hooks', () => {
  const notify = (): void => {};
  it.each<[hooks: unknown, message: string]>([
    [{}, 'hooks must be an array of hooks, not an object'],
    [['hook'], "hooks[0] must be an object, not 'hook'"],
    [[{ notify }], 'hooks[0].type is missing'],
    [[{ type: 'pre' }], 'hooks[0].notify is missing'],
    [[{ type: 'before', notify }], "hooks[0].type: 'before' is none of 'pre', 'post', 'service'"],
    [[{ type: 'pre', notify: 5 }], 'hooks[0].notify: 5 is not a function'],
    [
      [{ type: 'pre', notify, actions: ['gett'] }],
      "hooks[0].actions: 'gett' is not an action; did you mean 'get'?",
    ],
    [
      [{ type: 'pre', notify, actions: ['set'] }],
      "hooks[0].actions: 'set' is not an action; it is another name of 'put'",
    ],
    [
      [{ type: 'pre', notify, actions: 'get' }],
      "hooks[0].actions: 'get' is neither 'all' nor an array of names",
    ],
    [
      [{ type: 'service', notify, actions: ['expire'] }],
      "hooks[0].actions: 'expire' is not an event of the cache; did you mean 'expired'?",
    ],
    [[{ type: 'pre', notify, timeout: 5 }], 'hooks[0].timeout is for hooks with { async: true }'],
    [[{ type: 'pre', notify, async: true, timeout: 0 }], 'hooks[0].timeout: 0 is not a duration above zero'],
    [[{ type: 'pre', notify, async: true, queue: 0 }], 'hooks[0].queue: 0 is not an integer from 1'],
    [[{ type: 'pre', notify, asynk: true }], "unknown option 'hooks[0].asynk'; did you mean 'async'?"],
    [
      [
        { type: 'pre', notify, name: 'one' },
        { type: 'post', notify, name: 'one' },
      ],
      "hooks[1].name: 'one' is the name of another hook",
    ],
  ])('%j are refused', (hooks, message) => {
    expect(() => createCache({ hooks: hooks as Hook[] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    );
  });
});
