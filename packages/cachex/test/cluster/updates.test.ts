import { hashKey } from '@cachex/router/hash';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClusterNode, type JoinOptions } from '../../src/cluster/index.ts';
import type { CommandMap } from '../../src/index.ts';
import { aGate, eventually } from '../gate.ts';
import { manyKeys } from '../keys.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
let gate: ReturnType<typeof aGate>;
/** Who ran the function, and what it saw. */
let runs: [node: string, seen: unknown][];
beforeEach(() => {
  simulation = new Simulation();
  gate = aGate();
  runs = [];
});
afterEach(async () => {
  gate.open();
  await simulation.close();
});

const commands = {
  bump: { type: 'write', execute: (n = 0) => [n, n + 1] },
} as const satisfies CommandMap<number>;

function open(node: ClusterNode): AnyCache {
  const functions = {
    /** Waits at the gate, the first time it runs. */
    slow: async (n: number | undefined, _key: string) => {
      runs.push([node.id, n]);
      if (runs.length === 1) await gate.passed;
      return (n ?? 0) + 100;
    },
    later: async (n: number | undefined, _key: string) => (n ?? 0) + 1,
    next: (n: number | undefined, _key: string) => (n ?? 0) + 1,
  };
  return node.cache('numbers', { functions, commands, stats: true }) as unknown as AnyCache;
}

/** Resolves once the function runs. */
function begun(): Promise<void> {
  return eventually(async () => {
    await simulation.advance(1);
    return runs.length > 0;
  });
}

async function two(options: Partial<JoinOptions> = {}) {
  const nodes = [await simulation.join('a', options), await simulation.join('b', options)] as const;
  for (const node of nodes) await simulation.run(node.ready());
  const caches = nodes.map(open) as [AnyCache, AnyCache];
  await simulation.advance(100);
  return { nodes, caches };
}

describe('an asynchronous update whose key moves while its function runs', () => {
  /** Begins an update of a key of `a` there, and moves everything to `b`. */
  async function moved() {
    const { nodes, caches } = await two();
    const key = keyOf(nodes[0], 'a');
    await simulation.run(caches[0].put(key, 1, { ttl: '1h' }));
    const updated = caches[1].getAndUpdate(key, 'slow', { timeout: '1h' });
    await begun();
    expect(runs).toEqual([['a', 1]]);
    await simulation.run(nodes[0].setWeight(0));
    await simulation.advance(2_000);
    expect(nodes[0].route(key).owner).toBe('b');
    return { caches, key, updated };
  }

  it('is stored at the new owner', async () => {
    const { caches, key, updated } = await moved();
    gate.open();
    expect(await simulation.run(updated)).toBe(101);
    expect(runs).toEqual([['a', 1]]);
    expect(caches[1].local.get(key)).toBe(101);
    expect(caches[1].local.ttl(key)).toBeGreaterThan(3_000_000);
    expect(caches[0].local.get(key)).toBe(undefined);
  });

  it('runs again with the value of the new owner if that has changed', async () => {
    const { caches, key, updated } = await moved();
    await simulation.run(caches[1].incr(key));
    gate.open();
    expect(await simulation.run(updated)).toBe(102);
    expect(runs).toEqual([
      ['a', 1],
      ['a', 2],
    ]);
    expect(caches[1].local.get(key)).toBe(102);
  });

  it('starts from nothing if the entry was removed there', async () => {
    const { caches, key, updated } = await moved();
    await simulation.run(caches[1].del(key));
    gate.open();
    expect(await simulation.run(updated)).toBe(100);
    expect(caches[1].local.get(key)).toBe(100);
  });
});

it('a node that leaves waits for the functions that it runs', async () => {
  const { nodes, caches } = await two();
  const key = keyOf(nodes[0], 'a');
  await simulation.run(caches[0].put(key, 1));
  const updated = caches[1].getAndUpdate(key, 'slow', { timeout: '1h' });
  await begun();
  const left = nodes[0].leave();
  await simulation.advance(2_000);
  gate.open();
  expect(await simulation.run(updated)).toBe(101);
  await simulation.run(left);
  expect(await simulation.run(caches[1].get(key))).toBe(101);
});

it('versions are not used again by a node at which a partition begins anew', async () => {
  const { cluster } = simulation;
  const enter = (id: string) => simulation.run(cluster.enter(id, { partitions: 16 }));
  const [a, b] = [await enter('a'), await enter('b')] as const;
  const [first, second] = [a, b].map((node) => new ClusterNode(node).cache('numbers') as AnyCache);
  for (const node of [a, b]) await simulation.run(node.ready());
  await simulation.advance(100);
  const key = manyKeys.find((each) => a.route(each).owner === 'a')!;
  /** Commits a value that was made from some version; answers which version there is if it was another one. */
  const commit = async (from: number): Promise<number | undefined> => {
    const call = { service: 'numbers', handler: '$commitUpdate', args: [key, from, b.codec.encode('old')] };
    const seen = await simulation.run(b.dispatch.call(hashKey(key), call));
    return (seen as [version: number] | undefined)?.[0];
  };
  await simulation.run(first!.put(key, 1));
  const version = await commit(-1);
  cluster.crash('a');
  await simulation.advance(1_000);
  for (let writes = 0; writes < 20; writes += 1) {
    await simulation.run(second!.put(key, 1));
    expect(await commit(version!)).not.toBe(undefined);
  }
  expect(await simulation.run(second!.get(key))).toBe(1);
  expect(await commit((await commit(-1))!)).toBe(undefined);
  expect(await simulation.run(second!.get(key))).toBe('old');
});

describe('many writers of every kind at three nodes', () => {
  const kinds: ((cache: AnyCache, key: string) => Promise<unknown>)[] = [
    (cache, key) => cache.incr(key, 1, { timeout: '10m' }),
    (cache, key) => cache.invoke('bump', key, [], { timeout: '10m' }),
    (cache, key) => cache.getAndUpdate(key, 'next', { timeout: '10m' }),
    (cache, key) => cache.getAndUpdate(key, 'later', { timeout: '10m' }),
  ];
  const keys = manyKeys.slice(0, 12);

  async function cluster(): Promise<{ nodes: ClusterNode[]; caches: AnyCache[] }> {
    const nodes = await simulation.joinAll('a', 'b', 'c');
    const caches = nodes.map(open);
    await simulation.advance(100);
    return { nodes, caches };
  }

  it('lose no update, in any combination, while nodes join and leave', async () => {
    const { nodes, caches } = await cluster();
    const expected = new Map(keys.map((key) => [key, 0]));
    let joined: ClusterNode | undefined;
    for (let round = 0; round < 24; round += 1) {
      if (round === 4) {
        joined = await simulation.join('d');
        caches.push(open(joined));
      }
      if (round === 10) void nodes[1]!.setWeight(0.1);
      if (round === 16) void joined!.leave();
      const callers = round < 16 ? caches : caches.slice(0, 3);
      const changes = keys.flatMap((key, k) =>
        callers.flatMap((cache, c) => {
          const pair = [kinds[(k + c + round) % 4]!, kinds[(round >> 2) % 4]!];
          expected.set(key, expected.get(key)! + pair.length);
          return pair.map((change) => change(cache, key));
        }),
      );
      await simulation.run(Promise.all(changes));
      await simulation.advance(40);
    }
    const values = await simulation.run(caches[0]!.getMany(keys, { timeout: '10m' }));
    expect(new Map(keys.map((key, n) => [key, values[n]]))).toEqual(expected);
  });

  it('find that one `add` has won, and that every later change counts from it', async () => {
    const { caches } = await cluster();
    for (const key of keys) {
      const changes = caches.flatMap((cache) => [
        cache.add(key, 1_000),
        ...kinds.map((kind) => kind(cache, key)),
      ]);
      const outcomes = await simulation.run(Promise.all(changes));
      const added = outcomes.filter((outcome) => outcome === true).length;
      expect(added).toBeLessThanOrEqual(1);
      const value = await simulation.run(caches[0]!.get(key));
      // Either it was there first and everything counts from it, or a change was and it has done nothing.
      expect(value).toBe(added * 1_000 + caches.length * kinds.length);
    }
  });

  it('are told by `update` that it came last, if what they did is not counted', async () => {
    const { caches } = await cluster();
    for (const key of keys) {
      await simulation.run(caches[0]!.put(key, 0));
      const before = caches.flatMap((cache) => kinds.map((kind) => kind(cache, key)));
      const update = caches[1]!.update(key, 1_000);
      const after = caches.flatMap((cache) => kinds.map((kind) => kind(cache, key)));
      expect(await simulation.run(update)).toBe(true);
      await simulation.run(Promise.all([...before, ...after]));
      const value = (await simulation.run(caches[0]!.get(key))) as number;
      expect(value).toBeGreaterThanOrEqual(1_000);
      expect(value).toBeLessThanOrEqual(1_000 + before.length + after.length);
    }
  });
});
