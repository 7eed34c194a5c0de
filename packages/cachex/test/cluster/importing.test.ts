import { seeded, TestCluster } from '@cachex/router/testing';
import { describe, expect, it } from 'vitest';
import { type ClusterCache, ClusterNode } from '../../src/cluster/index.ts';
import { MemoryFiles } from '../memory-files.ts';

/** `SEEDS=500` runs more of them. */
const seeds = Number(process.env.SEEDS ?? 10);
const count = 3_000;

type Texts = ClusterCache<string, string>;

describe('import and load while nodes join, leave and die', () => {
  it.each(Array.from({ length: seeds }, (_, n) => n + 1))('store every entry, seed %i', async (seed) => {
    const cluster = new TestCluster({ seed });
    const random = seeded(seed);
    const files = new MemoryFiles();
    const enter = async (id: string): Promise<{ node: ClusterNode; cache: Texts }> => {
      const node = new ClusterNode(await cluster.enter(id, { partitions: 64, backups: 1 }));
      return { node, cache: node.cache<string, string>('texts', { files }) };
    };
    const members = new Map<string, Awaited<ReturnType<typeof enter>>>();
    for (const id of ['a', 'b', 'victim', 'leaver']) members.set(id, await cluster.run(enter(id)));
    const [{ node, cache }] = [...members.values()] as [Awaited<ReturnType<typeof enter>>];
    const settled = async (): Promise<void> => {
      for (const { node: each } of members.values()) await cluster.run(each.ready());
      while (node.status().underReplicated > 0 || node.status().moving > 0) await cluster.clock.advance(10);
    };
    await settled();
    const during: Promise<unknown>[] = [];
    const events = [
      () => during.push(enter('joiner')),
      () => {
        cluster.crash('victim');
        members.delete('victim');
      },
      () => {
        during.push(members.get('leaver')!.node.leave());
        members.delete('leaver');
      },
    ].sort(() => random() - 0.5);
    for (const event of events) cluster.clock.after(random() * 30, event);
    const records = Array.from({ length: count }, (_, n) => ({ key: `key ${n}`, value: 'x'.repeat(1_000) }));
    async function* slowly(): AsyncGenerator<{ key: string; value: string }> {
      for (const [n, record] of records.entries()) {
        if (n % 100 === 0) await new Promise<void>((resolve) => void cluster.clock.after(random(), resolve));
        yield record;
      }
    }
    expect(await cluster.run(cache.import(slowly()))).toBe(count);
    await cluster.run(Promise.allSettled(during));
    expect((await cluster.run(cache.keys())).sort()).toEqual(records.map(({ key }) => key).sort());

    await settled();
    await cluster.run(cache.dump('dump'));
    await cluster.run(cache.clear());
    cluster.clock.after(random() * 20, () => cluster.crash('b'));
    members.delete('b');
    expect(await cluster.run(cache.load('dump'))).toBe(count);
    expect(await cluster.run(cache.count())).toBe(count);
  });
});
