import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { isCacheError } from '../../src/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
let clock: ManualClock;
beforeEach(() => {
  simulation = new Simulation();
  clock = new ManualClock();
});
afterEach(() => simulation.close());

function open(node: ClusterNode): AnyCache {
  return node.cache('users', { clock, stats: true, functions: { load: () => new Promise(() => {}) } });
}

describe.each([
  ['alone', ['a']],
  ['beside others', ['a', 'b', 'c']],
])('closing a node %s', (_where, ids) => {
  it('makes every method reject with CLOSED, and the local share throw it', async () => {
    const nodes = await simulation.joinAll(...ids);
    const [cache] = nodes.map(open);
    const { get } = cache!;
    await simulation.run(nodes[0]!.close());
    for (const action of Object.values(actions)) {
      for (const name of [action.name, ...(action.aliases ?? [])]) {
        const answer = (cache as unknown as Record<string, () => unknown>)[name]!();
        // What answers piece by piece rejects at its first piece.
        const first = action.answers === 'iterable' ? (answer as AsyncIterator<unknown>).next() : answer;
        await expect(first).rejects.toMatchObject({ name: 'CacheError', code: 'CLOSED' });
      }
    }
    await expect(get('ada')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cache!.call({ action: 'gett' } as never)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(() => cache!.local.get('ada')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => nodes[0]!.cache('carts')).toThrow(
      expect.objectContaining({ name: 'CacheError', code: 'CLOSED' }),
    );
    await expect(nodes[0]!.ready()).rejects.toMatchObject({ name: 'CacheError', code: 'CLOSED' });
  });

  it('again ends with the first time', async () => {
    const [node] = await simulation.joinAll(...ids);
    open(node!);
    await simulation.run(Promise.all([node!.close(), node!.close(), node![Symbol.asyncDispose]()]));
    await node!.close();
  });

  it('leaves no timer', async () => {
    const nodes = await simulation.joinAll(...ids);
    const caches = nodes.map(open);
    for (let n = 0; n < 30; n += 1) await simulation.run(caches[0]!.put(`key-${n}`, n, { ttl: '1m' }));
    expect(clock.timers).toBe(ids.length);
    for (const node of nodes) await simulation.run(node.close());
    expect(clock.timers).toBe(0);
    await simulation.advance(60_000);
    expect(simulation.cluster.clock.waiting).toBe(0);
  });

  it('rejects the loads that run there, and aborts them', async () => {
    const nodes = await simulation.joinAll(...ids);
    const aborted = vi.fn();
    const load = (_key: unknown, { signal }: { signal: AbortSignal }): Promise<string> => {
      signal.addEventListener('abort', () => aborted(signal.reason));
      return new Promise(() => {});
    };
    const [cache] = nodes.map((node) => node.cache('users', { functions: { load } }));
    await simulation.advance(10);
    const answer = cache!.fetch(keyOf(nodes[0]!, 'a'), 'load', { timeout: '1h' });
    const failed = answer.catch((error: unknown) => error);
    await simulation.advance(10);
    await simulation.run(nodes[0]!.close());
    expect(isCacheError(await simulation.run(failed), 'CLOSED')).toBe(true);
    expect(aborted.mock.calls).toMatchObject([[{ code: 'CLOSED' }]]);
  });
});

describe('closing a node', () => {
  it('leaves the cache open at the others', async () => {
    const nodes = await simulation.joinAll('a', 'b', 'c');
    const caches = nodes.map(open);
    await simulation.advance(100);
    await simulation.run(nodes[0]!.close());
    for (let n = 0; n < 30; n += 1) {
      await simulation.run(caches[1]!.put(`key-${n}`, n));
      expect(await simulation.run(caches[2]!.get(`key-${n}`))).toBe(n);
    }
    expect(nodes[1]!.nodes().map(({ id }) => id)).toEqual(['b', 'c']);
  });

  it('rejects a call that is under way elsewhere', async () => {
    const nodes = await simulation.joinAll('a', 'b');
    const caches = nodes.map(open);
    await simulation.advance(100);
    const answer = caches[0]!.fetch(keyOf(nodes[0]!, 'b'), 'load', { timeout: '1h' });
    const failed = expect(answer).rejects.toMatchObject({ name: 'CacheError', code: 'CLOSED' });
    await simulation.advance(10);
    await simulation.run(nodes[0]!.close());
    await simulation.advance(200);
    await failed;
  });
});

describe('a node that its cluster has removed', () => {
  it('closes its caches and says so', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const cache = open(a!);
    open(b!);
    await simulation.advance(100);
    await simulation.run(cache.put(keyOf(a!, 'a'), 1, { ttl: '1m' }));
    const failed = vi.fn();
    a!.on('error', failed);
    const store = simulation.cluster.store.open();
    const view = (await store.read())!;
    const members = view.members.filter(({ id }) => id === 'b');
    const owners = view.owners.map(() => 'b');
    await store.compareAndSet(view.epoch, { ...view, epoch: view.epoch + 1, members, owners });
    await simulation.advance(1_000);
    expect(failed.mock.calls).toMatchObject([[{ code: 'FENCED' }]]);
    await expect(cache.get('ada')).rejects.toMatchObject({ code: 'FENCED' });
    expect(() => cache.local.size()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(clock.timers).toBe(0);
  });
});
