import { TestCluster } from '@cachex/router/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterNode, join } from '../../src/cluster/index.ts';

let cluster: TestCluster;
const nodes: ClusterNode[] = [];

beforeEach(() => {
  cluster = new TestCluster({ seed: 11 });
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await cluster.run(node.close());
});

async function start(id: string): Promise<ClusterNode> {
  const node = await cluster.run(join(cluster.options(id, { partitions: 64 })));
  nodes.push(node);
  node.cache<number, number>('squares');
  return node;
}

const squares = (node: ClusterNode) => node.cache<number, number>('squares');

describe('entries', () => {
  it('are all there, everywhere, when a node joins and when it leaves', async () => {
    const a = await start('a');
    for (let n = 0; n < 500; n += 1) await cluster.run(squares(a).put(n, n * n));
    const b = await start('b');
    await cluster.run(b.ready());
    expect(b.status().members.map(({ partitions }) => partitions)).toEqual([32, 32]);
    expect(await cluster.run(squares(b).size())).toBe(500);
    for (let n = 0; n < 500; n += 1) expect(await cluster.run(squares(b).get(n))).toBe(n * n);
    expect(squares(a).local.size() + squares(b).local.size()).toBe(500);
    expect(await cluster.run(a.leave())).toEqual({ moved: 32, lost: 0 });
    nodes.shift();
    expect(b.status().members.map(({ partitions }) => partitions)).toEqual([64]);
    for (let n = 0; n < 500; n += 1) expect(await cluster.run(squares(b).get(n))).toBe(n * n);
  });

  it('keep the time they have left', async () => {
    const a = await start('a');
    for (let n = 0; n < 100; n += 1) await cluster.run(squares(a).put(n, n, { ttl: '1h' }));
    await cluster.clock.advance(1_800_000);
    const b = await start('b');
    await cluster.run(b.ready());
    for (let n = 0; n < 100; n += 1) {
      const left = await cluster.run(squares(b).ttl(n));
      expect(left).toBeGreaterThan(1_799_000);
      expect(left).toBeLessThanOrEqual(1_800_000);
    }
  });

  it('follow the weights', async () => {
    const a = await start('a');
    const b = await start('b');
    for (let n = 0; n < 200; n += 1) await cluster.run(squares(a).put(n, n));
    await cluster.run(b.setWeight(3));
    await cluster.run(b.ready());
    await cluster.clock.advance(1_000);
    expect(a.status().members.map(({ partitions }) => partitions)).toEqual([16, 48]);
    expect((await cluster.run(squares(a).keys())).sort((x, y) => x - y)).toEqual([...Array(200).keys()]);
  });
});
