import type { Key } from '@cachex/router/hash';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import type { Hook, Loader } from '../../src/index.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
let told: Map<string, string[]>;
beforeEach(() => {
  simulation = new Simulation();
  told = new Map();
});
afterEach(() => simulation.close());

function open(node: ClusterNode, functions: Record<string, Loader<Key, unknown>> = {}): AnyCache {
  const list: string[] = [];
  told.set(node.id, list);
  const hook = (type: 'pre' | 'post'): Hook => ({
    type,
    notify: ({ action }) => void list.push(`${type} ${action}`),
  });
  return node.cache<Key, unknown>('counts', {
    hooks: [hook('pre'), hook('post')],
    stats: true,
    functions,
  }) as AnyCache;
}

async function twoNodes(functions?: Record<string, Loader<Key, unknown>>): Promise<{
  nodes: ClusterNode[];
  caches: AnyCache[];
}> {
  const nodes = await simulation.joinAll('a', 'b');
  const caches = nodes.map((node) => open(node, functions));
  for (const cache of caches) await simulation.run(cache.size());
  for (const list of told.values()) list.length = 0;
  for (const node of nodes) await simulation.run(node.ready());
  return { nodes, caches };
}

describe('a call whose answer is lost', () => {
  it('is executed, counted and told of once, however often it is sent', async () => {
    const { nodes, caches } = await twoNodes();
    const key = keyOf(nodes[0]!, 'b');
    for (let lost = 1; lost <= 3; lost += 1) {
      simulation.silence('b');
      const counting = caches[0]!.incr(key);
      await simulation.advance(10);
      simulation.cluster.network.cut('a', 'b');
      simulation.silence('b', false);
      simulation.cluster.network.heal('a', 'b');
      expect(await simulation.run(counting)).toBe(lost);
      expect(told.get('b')).toHaveLength(2 * lost);
    }
    expect(new Set(told.get('b'))).toEqual(new Set(['pre incr', 'post incr']));
    expect(told.get('a')).toEqual([]);
    expect((await simulation.run(caches[1]!.stats())).calls.incr).toBe(3);
  });
});

describe('a call that waits while its key goes elsewhere', () => {
  it('is told of where it is executed in the end, once', async () => {
    const ends: ((value: unknown) => void)[] = [];
    const load = (): Promise<unknown> => new Promise((resolve) => ends.push(resolve));
    const { nodes, caches } = await twoNodes({ load });
    const key = keyOf(nodes[0]!, 'b');
    const first = caches[0]!.fetch(key, 'load', { timeout: '1h' });
    await simulation.advance(10);
    // The load goes on at b, and whoever asks waits for it where the key is now.
    await simulation.run(nodes[1]!.setWeight(0));
    while (nodes[0]!.route(key).owner !== 'a' || nodes[1]!.status().moving > 0) await simulation.advance(10);
    const second = caches[0]!.fetch(key, 'load', { timeout: '1h' });
    await simulation.advance(10);
    expect(told.get('a')!.filter((one) => one.endsWith('fetch'))).toEqual([]);
    // It moves back: what waits at a is judged again, at b.
    await simulation.run(nodes[1]!.setWeight(1));
    await simulation.run(nodes[0]!.setWeight(0));
    while (nodes[0]!.route(key).owner !== 'b' || nodes[0]!.status().moving > 0) await simulation.advance(10);
    await simulation.advance(100);
    expect(ends).toHaveLength(1);
    ends[0]!('loaded');
    expect(await simulation.run(Promise.all([first, second]))).toEqual(['loaded', 'loaded']);
    expect(told.get('a')!.filter((one) => one.endsWith('fetch'))).toEqual([]);
    expect(
      told
        .get('b')!
        .filter((one) => one.endsWith('fetch'))
        .sort(),
    ).toEqual(['post fetch', 'post fetch', 'pre fetch', 'pre fetch']);
  });
});
