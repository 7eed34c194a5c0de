import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode, JoinOptions } from '../../src/cluster/index.ts';
import { manyKeys } from '../keys.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

async function pair(
  options: Partial<JoinOptions> = {},
): Promise<{ nodes: [ClusterNode, ClusterNode]; caches: [AnyCache, AnyCache] }> {
  const a = await simulation.join('a', options);
  const b = await simulation.join('b', options);
  for (const node of [a, b]) await simulation.run(node.ready());
  const caches = [a, b].map((node) => node.cache('users', { stats: true }) as AnyCache);
  await simulation.advance(100);
  return { nodes: [a, b], caches: caches as [AnyCache, AnyCache] };
}

const pairs = manyKeys.map((key, n) => [key, n] as const);

describe('a call on many keys', () => {
  it('is one request to each owner', async () => {
    const { caches, nodes } = await pair();
    await simulation.run(caches[0].putMany(pairs));
    expect(await simulation.run(caches[0].getMany(manyKeys))).toEqual(pairs.map(([, n]) => n));
    for (const [n, { id }] of nodes.entries()) {
      const mine = manyKeys.filter((key) => nodes[0].route(key).owner === id).length;
      expect(caches[n]!.local.stats()).toMatchObject({
        hits: mine,
        writes: mine,
        calls: { putMany: 1, getMany: 1 },
      });
    }
  });

  it('looks at this node’s share alone with `local`, and refuses to write elsewhere', async () => {
    const { caches, nodes } = await pair();
    await simulation.run(caches[0].putMany(pairs));
    const sent = simulation.sent;
    const mine = manyKeys.map((key) => nodes[0].route(key).owner === 'a');
    const seen = pairs.map(([, n]) => (mine[n] ? n : undefined));
    expect(await caches[0].getMany(manyKeys, { local: true })).toEqual(seen);
    expect(caches[0].local.getMany(manyKeys)).toEqual(seen);
    await expect(caches[0].delMany(manyKeys, { local: true })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('delMany would write to a key that b owns'),
    });
    expect(simulation.sent).toBe(sent);
    const theirs = manyKeys.filter((_, n) => mine[n]);
    expect(await simulation.run(caches[0].delMany(theirs, { local: true }))).toBe(theirs.length);
  });

  it('may hold more than one frame, on its way there and back', async () => {
    const { caches } = await pair({ limits: { frame: 20_000 } });
    const large = manyKeys.map((key, n) => [key, `${n}`.padEnd(6_000)] as const);
    const twice = [...large.map(([key]) => [key, 'first'] as const), ...large];
    for (const cache of caches) {
      await simulation.run(cache.putMany(twice));
      expect(await simulation.run(cache.getMany(manyKeys))).toEqual(large.map(([, value]) => value));
    }
    // As many reads as keys, however many requests they took.
    const hits = caches.reduce((total, { local }) => total + local.stats().hits, 0);
    expect(hits).toBe(2 * manyKeys.length);
  });

  it('is refused as a whole if one value is too large', async () => {
    const { caches } = await pair({ limits: { frame: 20_000 } });
    const wrong = [...pairs, ['large', 'x'.repeat(30_000)] as const];
    for (const cache of caches) {
      await expect(simulation.run(cache.putMany(wrong))).rejects.toMatchObject({
        code: 'TOO_LARGE',
        message: expect.stringMatching(/^pairs\[30\]: /),
      });
    }
    expect(await simulation.run(caches[0].size())).toBe(0);
  });

  it('is refused with `atomic` if it is too large for one request, wherever its owner is', async () => {
    const { caches, nodes } = await pair({ limits: { frame: 20_000 } });
    const key = keyOf(nodes[0], 'a');
    const large = Array.from({ length: 10 }, () => [key, 'x'.repeat(5_000)] as const);
    for (const cache of caches) {
      await expect(simulation.run(cache.putMany(large, { atomic: true }))).rejects.toMatchObject({
        code: 'TOO_LARGE',
      });
    }
    expect(await simulation.run(caches[0].exists(key))).toBe(false);
  });

  it('says at its deadline which keys have no answer, and what the others answered', async () => {
    const { caches, nodes } = await pair({ failureAfter: '1h' });
    await simulation.run(caches[0].putMany(pairs));
    simulation.silence('b');
    const mine = manyKeys.map((key) => nodes[0].route(key).owner === 'a');
    const seen = pairs.map(([, n]) => (mine[n] ? n : undefined));
    const theirs = manyKeys.filter((_, n) => !mine[n]);
    const read = caches[0].getMany(manyKeys, { timeout: 500 });
    await expect(simulation.run(read)).rejects.toMatchObject({
      code: 'PARTIAL_RESULT',
      message: `getMany: ${theirs.length} of 30 keys had no answer in time`,
      value: seen,
      missing: [...new Set(theirs.map((key) => nodes[0].route(key).partition))].sort((x, y) => x - y),
    });
    const allowed = caches[0].getMany(manyKeys, { timeout: 500, partial: 'allow' });
    expect(await simulation.run(allowed)).toEqual(seen);
  });

  it('has an unknown outcome if what was sent to change something had no answer', async () => {
    const { caches, nodes } = await pair({ failureAfter: '1h' });
    simulation.silence('b');
    await expect(simulation.run(caches[0].putMany(pairs, { timeout: 500 }))).rejects.toMatchObject({
      code: 'UNKNOWN_OUTCOME',
    });
    for (const [key, n] of pairs) {
      const { local } = caches[nodes[0].route(key).owner === 'a' ? 0 : 1]!;
      expect(local.get(key)).toBe(n);
    }
  });

  it('is asked again, if it reads, when an owner dies before it answers', async () => {
    const { caches } = await pair();
    const third = await simulation.join('c');
    third.cache('users');
    await simulation.run(third.ready());
    await simulation.run(caches[0].putMany(pairs));
    const read = caches[0].getMany(manyKeys);
    simulation.crash('c');
    const values = await simulation.run(read);
    for (const [n, value] of values.entries()) expect([n, undefined]).toContain(value);
  });
});

describe('`atomic` while keys move', () => {
  it('stores all or nothing, at one node', async () => {
    const { caches, nodes } = await pair({ partitions: 16 });
    const [one, other] = manyKeys
      .filter((key) => nodes[0].route(key).owner === 'a')
      .sort((x, y) => nodes[0].route(x).partition - nodes[0].route(y).partition)
      .filter((_, n, all) => n === 0 || n === all.length - 1) as [string, string];
    expect(nodes[0].route(one).partition).not.toBe(nodes[0].route(other).partition);
    let stored = 0;
    let refused = 0;
    const write = async (cache: AnyCache, n: number): Promise<void> => {
      try {
        const both = [one, other].map((key) => [key, n] as const);
        await cache.putMany(both, { atomic: true, timeout: '1m' });
        stored += 1;
      } catch (error) {
        expect(error).toMatchObject({ code: 'CROSS_SLOT' });
        refused += 1;
      }
    };
    for (let n = 0; n < 60; n += 1) {
      const [cache] = caches;
      if (n % 20 === 5) void nodes[0].setWeight(0.001);
      if (n % 20 === 15) void nodes[0].setWeight(1);
      const writes = [write(caches[0], n), write(caches[1], n + 1_000)];
      await simulation.run(Promise.all(writes));
      const seen = await simulation.run(Promise.all([cache.get(one), cache.get(other)]));
      expect(seen[0]).toBe(seen[1]);
      await simulation.advance(7);
    }
    expect(stored).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(0);
  });
});
