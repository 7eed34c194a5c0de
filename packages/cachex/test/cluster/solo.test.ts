import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { aGate } from '../gate.ts';
import { ManualClock } from '../manual-clock.ts';
import { type AnyCache, Simulation } from './simulation.ts';

class User {
  readonly name = 'Ada';
}

let simulation: Simulation;
let node: ClusterNode;
beforeEach(async () => {
  simulation = new Simulation();
  // Nothing moves while a test looks.
  node = await simulation.join('a', { settle: '1h' });
});
afterEach(() => simulation.close());

describe('a node that is alone', () => {
  it('holds values by reference, loaded ones too', async () => {
    const loaded = new User();
    const cache = node.cache('users', { functions: { load: async (_key: string) => loaded } });
    const value = new User();
    await cache.put('ada', value);
    expect(await cache.get('ada')).toBe(value);
    expect(cache.local.get('ada')).toBe(value);
    expect(await cache.fetch('bob', 'load')).toBe(loaded);
    expect(await cache.fetch('bob', 'load')).toBe(loaded);
    expect(simulation.sent).toBe(0);
  });

  it('still refuses functions that would have to be sent beside others', async () => {
    const cache = node.cache<string, number>('users');
    await expect(cache.update('ada', (() => 1) as never)).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
  });

  it('names itself where a function is unknown', async () => {
    const cache = node.cache('users', { functions: { load: () => 1 } });
    await expect(cache.fetch('ada' as never, 'lod' as never)).rejects.toMatchObject({
      code: 'UNKNOWN_FUNCTION',
      message: expect.stringMatching(/^node 'a': .*'lod'/),
    });
  });

  it('keeps the deadline and the signal of a load, and loads once', async () => {
    const gate = aGate();
    let loads = 0;
    const load = async (_key: string): Promise<string> => {
      loads += 1;
      await gate.passed;
      return 'loaded';
    };
    const cache = node.cache('users', { functions: { load } });
    await expect(simulation.run(cache.fetch('ada', 'load', { timeout: 50 }))).rejects.toMatchObject({
      name: 'CacheError',
      code: 'TIMEOUT',
    });
    const controller = new AbortController();
    const aborted = expect(cache.fetch('ada', 'load', { signal: controller.signal })).rejects.toBe('enough');
    controller.abort('enough');
    await aborted;
    const answer = cache.fetch('ada', 'load');
    gate.open();
    expect(await answer).toBe('loaded');
    expect(loads).toBe(1);
  });

  it('takes the options of a cluster, as it would beside others', async () => {
    const cache = node.cache<string, number>('users');
    await cache.put('ada', 1, { local: true, timeout: '1s' });
    expect(await cache.size({ partial: 'allow', local: true })).toBe(1);
    await expect(cache.get('ada', { timeout: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(cache.get('ada', { partial: 'allow' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(cache.get('ada', { signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });
});

describe('a node that is left alone', () => {
  it('answers for every key, even while it has yet to open a cache of those that left', async () => {
    const other = await simulation.join('b');
    other.cache('carts');
    await simulation.run(node.close());
    const last = await simulation.join('c');
    const cache = last.cache('users', { functions: { load: (_key: string) => 'loaded' } });
    await simulation.run(other.close());
    await simulation.advance(100);
    // Where nobody is left who has opened every cache, whoever is there takes over.
    expect(last.status().unowned).toBe(0);
    await cache.put('ada', 'put');
    expect([await cache.get('ada'), await cache.fetch('bob', 'load')]).toEqual(['put', 'loaded']);
    expect(await cache.get('bob')).toBe('loaded');
    expect(await cache.fetch('eve', 'load', { local: true })).toBe('loaded');
  });
});

describe('what a node held while it was alone', () => {
  let clock: ManualClock;
  let first: AnyCache;
  let second: AnyCache;
  const date = new Date(5);
  const value = { list: [1], date, map: new Map([['a', new Set([1n])]]) };

  beforeEach(async () => {
    clock = new ManualClock();
    first = node.cache('users', { clock });
    await first.put('value', value, { ttl: 100 });
    await first.put('undefined', undefined);
    await first.put('null', null);
    await first.put('n', 5);
    await first.put('instance', new User());
    await first.put(['composite', 1], 'composite');
    const other = await simulation.join('b', { settle: '1h' });
    second = other.cache('users', { clock });
    await simulation.advance(100);
  });

  it('is read by value once there are two, at both', async () => {
    for (const cache of [first, second]) {
      const read = (await simulation.run(cache.get('value'))) as typeof value;
      expect(read).toEqual(value);
      read.list.push(2);
      read.map.clear();
      expect(await simulation.run(cache.get('value'))).toEqual({
        list: [1],
        date,
        map: new Map([['a', new Set([1n])]]),
      });
      expect(await simulation.run(cache.get('null'))).toBeNull();
      expect(await simulation.run(cache.get('undefined', { default: 5 }))).toBe(5);
      expect(await simulation.run(cache.exists('undefined'))).toBe(true);
      expect(await simulation.run(cache.get(['composite', 1]))).toBe('composite');
      expect(await simulation.run(cache.size())).toBe(6);
    }
    expect(first.local.get('value')).toEqual(value);
    expect(first.local.get('value')).not.toBe(value);
  });

  it('is changed, counted and expired as ever', async () => {
    expect(await simulation.run(second.incr('n'))).toBe(6);
    expect(await simulation.run(first.incr('n'))).toBe(7);
    expect(await simulation.run(second.ttl('value'))).toBe(100);
    clock.advance(100);
    expect(await simulation.run(second.exists('value'))).toBe(false);
    expect(await simulation.run(second.del('undefined'))).toBe(true);
    expect(await simulation.run(second.update('null', 'new'))).toBe(true);
    expect(await simulation.run(first.get('null'))).toBe('new');
  });

  it('is refused to whoever reads it if it cannot be sent', async () => {
    for (const cache of [first, second]) {
      await expect(simulation.run(cache.get('instance'))).rejects.toMatchObject({
        name: 'CacheError',
        code: 'NOT_SERIALIZABLE',
        message: expect.stringContaining('an instance of User'),
      });
    }
  });
});
