import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { type AnyCache, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

const open = (node: ClusterNode): AnyCache => node.cache('users', { stats: true }) as AnyCache;

async function threeNodes(): Promise<{ nodes: ClusterNode[]; caches: AnyCache[] }> {
  const nodes = await simulation.joinAll('a', 'b', 'c');
  const caches = nodes.map(open);
  for (let n = 0; n < 30; n += 1) await simulation.run(caches[0]!.put(`key-${n}`, n));
  return { nodes, caches };
}

describe('a call to every node', () => {
  it('reaches those that own nothing', async () => {
    const { nodes, caches } = await threeNodes();
    const idle = await simulation.join('idle', { weight: 0 });
    const cache = open(idle);
    await simulation.run(cache.put('ada', 1));
    await simulation.run(cache.stats());
    expect(nodes.every((node) => node.nodes().length === 4)).toBe(true);
    const stats = await simulation.run(caches[0]!.stats({ cluster: true }));
    expect(stats.calls).toEqual({ put: 31, stats: 1 });
  });

  it('does without a node that has not opened the cache', async () => {
    const { caches } = await threeNodes();
    await simulation.join('other');
    const stats = await simulation.run(caches[0]!.stats({ cluster: true }));
    expect(stats.writes).toBe(30);
  });

  it('says so when a node does not answer, and answers with the rest if that is allowed', async () => {
    const { caches } = await threeNodes();
    const all = (await simulation.run(caches[0]!.stats({ cluster: true }))).writes;
    simulation.silence('c');
    const failed = await simulation
      .run(caches[0]!.stats({ cluster: true, timeout: 100 }))
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'PARTIAL_RESULT', answered: 2, missing: ['c'] });
    expect((failed as Error).message).toBe('stats: no answer from c; 2 of 3 nodes have answered');
    const rest = await simulation.run(caches[0]!.stats({ cluster: true, timeout: 100, partial: 'allow' }));
    expect(rest.writes).toBeLessThan(all);
    expect((failed as { value: typeof rest }).value.writes).toBe(rest.writes);
  });

  it('does not wait for a node that dies meanwhile', async () => {
    const { caches } = await threeNodes();
    const asked = caches[0]!.stats({ cluster: true });
    simulation.crash('c');
    expect((await simulation.run(asked)).writes).toBeLessThan(30);
  });

  it('asks again when a link breaks and the call can be repeated', async () => {
    const { caches } = await threeNodes();
    const asked = caches[0]!.stats({ cluster: true });
    await simulation.advance(1);
    simulation.cluster.network.cut('a', 'c');
    await simulation.advance(20);
    simulation.cluster.network.heal('a', 'c');
    expect((await simulation.run(asked)).writes).toBe(30);
  });

  it('that must not be repeated says so when its answer is lost', async () => {
    const { caches } = await threeNodes();
    simulation.silence('c');
    const resetting = caches[0]!.reset({ only: ['hooks'], timeout: 100 });
    await expect(simulation.run(resetting)).rejects.toMatchObject({ code: 'PARTIAL_RESULT', missing: ['c'] });
  });

  it('of which only this node is asked is about this node', async () => {
    const { caches } = await threeNodes();
    const here = await simulation.run(caches[0]!.stats({ cluster: true, local: true }));
    const own = await simulation.run(caches[0]!.stats());
    expect(here.writes).toBe(own.writes);
    expect(await simulation.run(caches[0]!.reset({ local: true }))).toBe(own.writes);
    expect(await simulation.run(caches[1]!.size())).toBe(30 - own.writes);
  });
});
