import { seeded, TestCluster } from '@cachex/router/testing';
import { describe, expect, it } from 'vitest';
import { type ClusterCache, type ClusterNode, join } from '../../src/cluster/index.ts';

const seeds = Number(process.env.SEEDS ?? 16);
const ids = ['a', 'b', 'c'];
const keys = Array.from({ length: 6 }, (_, n) => `key-${n}`);

/** What one node has learned of each key, whoever asked: never less, from then on. */
type Known = Map<string, number>;

/**
 * Nodes with near caches read and write a few keys while links break, go silent for a while and partitions move. The value of a
 * key only grows, so what is older is smaller.
 */
async function run(seed: number): Promise<{ hits: number; invalidations: number }> {
  const random = seeded(seed);
  const cluster = new TestCluster({ seed, delay: 5 });
  const { clock, network } = cluster;
  const backups = seed % 2;
  const nodes: ClusterNode[] = [];
  for (const id of ids) nodes.push(await clock.run(join(cluster.options(id, { partitions: 16, backups }))));
  const caches: ClusterCache<string, number>[] = nodes.map((node) =>
    node.cache<string, number>('users', { nearCache: { size: 4 } }),
  );
  for (const node of nodes) await clock.run(node.ready());
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(random() * ms, resolve));
  const last = new Map<string, number>();
  let running = true;

  /** A call that begins now must not see less of a key than this node has seen until now. */
  const learn = (known: Known, key: string, how: string): ((value: number | undefined) => void) => {
    const least = known.get(key) ?? 0;
    return (value = 0) => {
      expect(value, `seed ${seed}: ${how} of ${key} after ${least}`).toBeGreaterThanOrEqual(least);
      known.set(key, Math.max(known.get(key) ?? 0, value));
    };
  };
  const client = async (cache: ClusterCache<string, number>, known: Known): Promise<void> => {
    for (let round = 0; round < 80; round += 1) {
      const key = pick(keys);
      if (random() < 0.8) {
        const seen = learn(known, key, 'a read');
        seen(await cache.get(key));
      } else if (random() < 0.3) {
        const seen = keys.map((each) => learn(known, each, 'a read of many'));
        for (const [at, value] of (await cache.getMany(keys)).entries()) seen[at]!(value);
      } else {
        const value = (last.get(key) ?? 0) + 1;
        last.set(key, value);
        const write = pick([
          () => cache.getAndUpdate(key, (now) => Math.max(now ?? 0, value)),
          () =>
            cache.transaction([key], async (tx) => {
              await tx.put(key, Math.max((await tx.get(key)) ?? 0, value));
            }),
        ]);
        await write();
        known.set(key, Math.max(known.get(key) ?? 0, value));
        const seen = learn(known, key, 'a read of its own write');
        seen(await cache.get(key));
      }
      await pause(6);
    }
  };
  const trouble = async (): Promise<void> => {
    while (running) {
      await pause(80);
      const [one, other] = [pick(ids), pick(ids)];
      const kind = random();
      if (one === other) continue;
      if (kind < 0.3) {
        network.cut(one, other);
        await pause(30);
        network.heal(one, other);
      } else if (kind < 0.6) {
        network.block(one, other);
        await pause(300);
        network.unblock(one, other);
      } else await nodes[ids.indexOf(one)]!.setWeight(pick([1, 2, 3]));
    }
  };
  const troubled = trouble();
  const clients = caches.flatMap((cache) => {
    const known: Known = new Map();
    return [1, 2, 3].map(() => client(cache, known));
  });
  await clock.run(Promise.all(clients));
  running = false;
  await clock.run(troubled);
  await clock.advance(2_000);
  for (const key of keys) {
    const owner = ids.indexOf(nodes[0]!.route(key).owner!);
    const value = caches[owner]!.local.get(key);
    for (const cache of caches) {
      expect([value, undefined], `seed ${seed}: what is near of ${key}`).toContain(cache.peek(key));
      expect(await clock.run(cache.get(key))).toBe(value);
    }
  }
  const total = { hits: 0, invalidations: 0 };
  for (const cache of caches) {
    total.hits += cache.near().hits;
    total.invalidations += cache.near().invalidations;
  }
  for (const node of nodes) await clock.run(node.close());
  return total;
}

describe('nodes with near caches', () => {
  it('never read what is older than what they have read or written, and end up with what owners have', {
    timeout: 120_000,
  }, async () => {
    const total = { hits: 0, invalidations: 0 };
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { hits, invalidations } = await run(seed);
      total.hits += hits;
      total.invalidations += invalidations;
    }
    expect(total.hits).toBeGreaterThan(seeds * 20);
    expect(total.invalidations).toBeGreaterThan(seeds * 5);
  });
});
