import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { type AnyCache, Simulation } from './simulation.ts';

interface Run {
  readonly node: string;
  readonly at: number;
}

let simulation: Simulation;
let runs: Run[];
let ends: (() => void)[] | undefined;
const errors: unknown[] = [];
beforeEach(() => {
  simulation = new Simulation();
  runs = [];
  ends = undefined;
  errors.length = 0;
});
afterEach(() => simulation.close());

function open(node: ClusterNode, interval: number | undefined = 10_000): AnyCache {
  const cache = node.cache('users', {
    warmers: [
      {
        name: 'all',
        required: true,
        ...(interval === 0 ? {} : { interval }),
        async execute() {
          runs.push({ node: node.id, at: simulation.cluster.clock.now() });
          if (ends !== undefined) await new Promise<void>((resolve) => ends!.push(resolve));
          return Array.from({ length: 300 }, (_, n) => [`key-${n}`, runs.length] as const);
        },
      },
    ],
  }) as AnyCache;
  cache.on('error', (error) => errors.push(error));
  return cache;
}

async function nodes(...ids: string[]): Promise<{ nodes: ClusterNode[]; caches: AnyCache[] }> {
  const list = await simulation.joinAll(...ids);
  return { nodes: list, caches: list.map((node) => open(node)) };
}

/** Who decides on runs. */
const decider = (list: readonly ClusterNode[]): ClusterNode => {
  const { owner } = list[0]!.route('all');
  return list.find(({ id }) => id === owner)!;
};

describe('a warmer in a cluster', () => {
  it('runs at one node at each interval, and its entries are everywhere', async () => {
    const { caches } = await nodes('a', 'b', 'c');
    for (const cache of caches) await simulation.run(cache.ready());
    await simulation.advance(35_000);
    expect(runs).toHaveLength(4);
    expect(new Set(runs.map(({ node }) => node)).size).toBe(1);
    expect(await simulation.run(caches[2]!.get('key-7'))).toBe(4);
    expect(await simulation.run(caches[0]!.size())).toBe(300);
    expect(errors).toEqual([]);
  });

  it('keeps its interval when the node that ran it leaves, without a run too many', async () => {
    const { nodes: list, caches } = await nodes('a', 'b', 'c');
    await simulation.run(caches[0]!.ready());
    await simulation.advance(4_000);
    const first = decider(list);
    expect(runs.map(({ node }) => node)).toEqual([first.id]);
    await simulation.run(first.leave());
    await simulation.advance(5_000);
    expect(runs).toHaveLength(1);
    await simulation.advance(12_000);
    expect(runs).toHaveLength(3);
    expect(runs[1]!.node).not.toBe(first.id);
    const gaps = [runs[1]!.at - runs[0]!.at, runs[2]!.at - runs[1]!.at];
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(10_000);
    for (const gap of gaps) expect(gap).toBeLessThan(10_100);
    expect(errors).toEqual([]);
  });

  it('is not run twice when its name moves while it runs; who waits is told by the new owner', async () => {
    ends = [];
    const { nodes: list, caches } = await nodes('a', 'b');
    await simulation.advance(100);
    expect(runs).toHaveLength(1);
    const first = decider(list);
    const other = list.find((node) => node !== first)!;
    const waiting = caches[list.indexOf(other)]!.warm({ wait: true, timeout: '1h' });
    await simulation.run(first.setWeight(0));
    while (decider(list) !== other || first.status().moving > 0) await simulation.advance(10);
    await simulation.advance(15_000);
    expect(runs).toHaveLength(1);
    ends[0]!();
    expect(await simulation.run(waiting)).toEqual(['all']);
    await simulation.run(caches[0]!.ready());
    expect(await simulation.run(caches[0]!.size())).toBe(300);
    await simulation.advance(2_000);
    expect(runs).toHaveLength(2);
    expect(runs[1]!.node).toBe(other.id);
  });

  it('runs again when the node that runs it dies', async () => {
    ends = [];
    const list = await simulation.joinAll('a', 'b', 'c');
    const caches = list.map((node) => open(node, 0));
    await simulation.advance(100);
    const first = decider(list);
    const other = caches[list.findIndex((node) => node !== first)]!;
    const ready = other.ready({ timeout: '1h' });
    await simulation.advance(10);
    simulation.crash(first.id);
    await simulation.advance(5_000);
    expect(runs).toHaveLength(2);
    for (const end of ends) end();
    await simulation.run(ready);
    await simulation.advance(60_000);
    expect(runs).toHaveLength(2);
  });

  it('runs again when the node that runs it leaves, which is no error', async () => {
    ends = [];
    const { nodes: list, caches } = await nodes('a', 'b', 'c');
    await simulation.advance(100);
    const first = decider(list);
    const other = caches[list.findIndex((node) => node !== first)]!;
    await simulation.run(first.leave());
    await simulation.advance(3_000);
    expect(runs).toHaveLength(2);
    expect(runs[1]!.node).not.toBe(first.id);
    for (const end of ends) end();
    await simulation.run(other.ready());
    expect(await simulation.run(other.size())).toBe(300);
    expect(errors).toEqual([]);
  });

  it('keeps its interval when its owner dies and a backup takes over', async () => {
    const list: ClusterNode[] = [];
    for (const id of ['a', 'b', 'c']) list.push(await simulation.join(id, { backups: 1, partitions: 64 }));
    const caches = list.map((node) => open(node));
    await simulation.run(caches[0]!.ready());
    while (list[0]!.status().underReplicated > 0 || list[0]!.status().moving > 0)
      await simulation.advance(10);
    const { at } = runs[0]!;
    const first = decider(list);
    simulation.crash(first.id);
    await simulation.advance(at + 9_900 - simulation.cluster.clock.now());
    expect(runs).toHaveLength(1);
    await simulation.advance(300);
    expect(runs).toHaveLength(2);
    expect(runs[1]!.at - at).toBeLessThan(10_100);
  });

  it('may be asked for before its node has agreed with the others that the cache is open', async () => {
    const [node] = await simulation.joinAll('a');
    const cache = node!.cache('users', {
      warmers: [{ name: 'all', execute: () => [['ada', 1]] }],
    }) as AnyCache;
    const warming = cache.warm({ wait: true });
    expect(await simulation.run(warming)).toEqual(['all']);
    expect(await simulation.run(cache.get('ada'))).toBe(1);
  });

  it('is refused by a node that was not given it, which is named', async () => {
    const list = await simulation.joinAll('a', 'b');
    const with0 = open(list[0]!, 0);
    list[1]!.cache('users');
    await simulation.run(with0.size());
    while (decider(list).id !== 'b') {
      await simulation.run(list[0]!.setWeight(0));
      await simulation.advance(100);
    }
    await expect(simulation.run(with0.warm())).rejects.toMatchObject({
      code: 'UNKNOWN_FUNCTION',
      message: "node 'b': cache 'users' has no warmer 'all'; known: none",
    });
  });
});
