import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import type { ClusterNode, View } from '../../src/cluster/index.ts';
import { distinctKeys, manyKeys, sameKeys } from '../keys.ts';
import { ManualClock } from '../manual-clock.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

const simulation = new Simulation();
let nodes: ClusterNode[];
let caches: AnyCache[];
let clock: ManualClock;

beforeAll(async () => {
  nodes = await simulation.joinAll('a', 'b', 'c');
  clock = new ManualClock();
  caches = nodes.map((node) => node.cache('users', { clock }));
  await simulation.advance(100);
});
afterAll(() => simulation.close());

describe('a node', () => {
  it('knows who is there', () => {
    for (const node of nodes) {
      expect(node.nodes().map(({ id, weight, opened }) => [id, weight, opened])).toEqual([
        ['a', 1, ['users']],
        ['b', 1, ['users']],
        ['c', 1, ['users']],
      ]);
    }
    expect(nodes.map(({ id, cluster }) => `${cluster}/${id}`)).toEqual(['test/a', 'test/b', 'test/c']);
  });

  it('knows where a key lives, the same everywhere, and that is where it is', async () => {
    for (const key of [...manyKeys, ...distinctKeys.map(([, key]) => key)]) {
      const route = nodes[0]!.route(key);
      for (const node of nodes) expect(node.route(key)).toEqual(route);
      await simulation.run(caches[0]!.put(key, 1));
      for (const [n, node] of nodes.entries()) {
        expect(caches[n]!.local.exists(key)).toBe(node.id === route.owner);
      }
      expect(route).toMatchObject({ backups: [], epoch: nodes[0]!.status().epoch });
    }
    await simulation.run(caches[0]!.clear());
  });

  it.each(sameKeys)('sends %s to one node', (_name, one, other) => {
    expect(nodes[0]!.route(one)).toEqual(nodes[0]!.route(other));
  });

  it('refuses to route what is no key', () => {
    expect(() => nodes[0]!.route({} as never)).toThrow(
      expect.objectContaining({ name: 'CacheError', code: 'INVALID_KEY' }),
    );
  });

  it('tells its status', () => {
    const { members, ...status } = nodes[1]!.status();
    expect(status).toMatchObject({ id: 'b', cluster: 'test', partitions: 4096, unowned: 0, moving: 0 });
    expect(members.map(({ id, up, opened }) => [id, up, opened])).toEqual([
      ['a', true, ['users']],
      ['b', true, ['users']],
      ['c', true, ['users']],
    ]);
    expect(members.map(({ partitions }) => partitions).reduce((sum, share) => sum + share)).toBe(4096);
  });

  it('tells of new views until it is asked not to', async () => {
    const heard = vi.fn<(view: View) => void>();
    nodes[0]!.on('view', heard);
    nodes[1]!.cache('carts');
    await simulation.advance(100);
    nodes[0]!.off('view', heard);
    nodes[2]!.cache('carts');
    await simulation.advance(100);
    expect(heard.mock.calls.map(([view]) => Object.keys(view.caches))).toEqual([['users', 'carts']]);
  });
});

describe('a clustered cache', () => {
  it('has methods that need no `this`', async () => {
    const { put, get, call, local, on } = caches[0]!;
    const { size } = local;
    expect(on).toBeTypeOf('function');
    await simulation.run(put('ada', 1));
    expect(await simulation.run(get('ada'))).toBe(1);
    expect(await simulation.run(call({ action: 'del', args: ['ada'] }))).toBe(true);
    expect(size()).toBe(0);
  });

  it('executes call records as the methods of those names', async () => {
    const key = keyOf(nodes[0]!, 'b');
    const cache = nodes[0]!.cache<string, number>('users');
    const call = <T>(answer: Promise<T>): Promise<T> => simulation.run(answer);
    expect(await call(cache.call({ action: 'put', args: [key, 5] }))).toBeUndefined();
    const value = await call(cache.call({ action: 'get', args: [key] }));
    expectTypeOf(value).toEqualTypeOf<number | undefined>();
    expect(value).toBe(5);
    expect(await call(cache.call({ action: 'incr', args: [key, 2] }))).toBe(7);
    expect(await call(cache.call({ action: 'keys', args: [] }))).toEqual([key]);
    expect(await call(cache.call({ action: 'clear', args: [] }))).toBe(1);
  });

  it.each<[what: string, record: unknown]>([
    ['nothing', undefined],
    ['an unknown action', { action: 'gett', args: ['ada'] }],
    ['a name every object has', { action: 'constructor', args: [] }],
    ['no arguments', { action: 'get' }],
    ['too many arguments', { action: 'get', args: ['ada', {}, 5] }],
  ])('rejects a record with %s', async (_what, record) => {
    const answer = caches[0]!.call(record as never);
    expect(answer).toBeInstanceOf(Promise);
    await expect(answer).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('answers a promise whatever it is given, and never throws', async () => {
    const methods = caches[0]! as unknown as Record<string, (...args: unknown[]) => unknown>;
    const hostile = {
      get ttl(): never {
        throw new Error('hostile');
      },
    };
    for (const name of ['get', 'put', 'fetch', 'size', 'clear', 'keys', 'stats', 'update', 'call']) {
      for (const args of [[], [Symbol('x')], [hostile, hostile, hostile], [null, null, null]]) {
        const answer = methods[name]!(...args);
        expect(answer).toBeInstanceOf(Promise);
        await simulation.run((answer as Promise<unknown>).catch(() => {}));
      }
    }
  });

  it('tells at the owner what expired there', async () => {
    const key = keyOf(nodes[0]!, 'b');
    const heard = nodes.map(() => vi.fn());
    for (const [n, cache] of caches.entries()) cache.on('expired', heard[n]!);
    await simulation.run(caches[0]!.put(key, 1, { ttl: 10 }));
    clock.advance(10_000);
    expect(heard.map(({ mock }) => mock.calls)).toEqual([[], [[key]], []]);
    caches[1]!.off('expired', heard[1]!);
    await simulation.run(caches[0]!.put(key, 1, { ttl: 10 }));
    clock.advance(10_000);
    expect(heard[1]!.mock.calls).toHaveLength(1);
  });

  it('refuses a name that is no event', () => {
    expect(() => caches[0]!.on('expird' as never, () => {})).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining("'expired'") }),
    );
  });
});
