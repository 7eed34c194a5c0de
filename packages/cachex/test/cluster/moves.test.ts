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

  it('move no faster than they are allowed to', async () => {
    const a = await cluster.run(
      join(cluster.options('a', { partitions: 64, moves: { bytesPerSecond: 10_000, concurrency: 1 } })),
    );
    nodes.push(a);
    const cache = a.cache<number, string>('texts');
    for (let n = 0; n < 100; n += 1) await cluster.run(cache.put(n, 'x'.repeat(1_000)));
    const bytes: number[] = [];
    a.on('moved', (event) => bytes.push(event.bytes));
    const began = cluster.clock.now();
    const b = await cluster.run(join(cluster.options('b', { partitions: 64 })));
    nodes.push(b);
    b.cache<number, string>('texts');
    await cluster.run(b.ready());
    const total = bytes.reduce((sum, some) => sum + some, 0);
    expect(total).toBeGreaterThan(20_000);
    expect(cluster.clock.now() - began).toBeGreaterThan((total / 10_000) * 1_000);
    expect(await cluster.run(cache.size())).toBe(100);
  });

  it('are shown on their way, and told of when they have arrived', async () => {
    const a = await cluster.run(
      join(cluster.options('a', { partitions: 64, moves: { bytesPerSecond: 10_000 } })),
    );
    nodes.push(a);
    const cache = a.cache<number, string>('texts');
    for (let n = 0; n < 100; n += 1) await cluster.run(cache.put(n, 'x'.repeat(1_000)));
    const arrived: unknown[] = [];
    a.on('moved', ({ to, partitions, records }) => arrived.push([to, partitions.length, records]));
    const b = await cluster.run(join(cluster.options('b', { partitions: 64 })));
    nodes.push(b);
    b.cache<number, string>('texts');
    await cluster.clock.advance(1_000);
    const { moving, moves } = a.status();
    expect(moving).toBe(32);
    expect(moves).toMatchObject([{ to: 'b', partitions: 32, phase: 'copying' }]);
    expect(arrived).toEqual([]);
    await cluster.run(b.ready());
    expect(a.status()).toMatchObject({ moving: 0, moves: [] });
    expect(arrived).toEqual([['b', 32, b.cache<number, string>('texts').local.size()]]);
  });
});

describe('a node', () => {
  it('is safe to stop once it owns nothing', async () => {
    const a = await start('a');
    const b = await start('b');
    await cluster.run(b.ready());
    expect(b.safeToStop()).toBe(false);
    await cluster.run(squares(a).put(1, 1));
    await cluster.run(b.setWeight(0));
    await cluster.clock.advance(1_000);
    expect([a.safeToStop(), b.safeToStop()]).toEqual([false, true]);
  });

  it('reports what it could not hand over in time', async () => {
    const a = await start('a');
    const b = await start('b');
    await cluster.run(b.ready());
    cluster.pause('a');
    const report = b.leave({ within: 100 });
    await cluster.clock.advance(5_000);
    cluster.resume('a');
    expect(await cluster.run(report)).toEqual({ moved: 0, lost: 32 });
    nodes.pop();
    await cluster.clock.advance(1_000);
    expect(a.status().members).toMatchObject([{ id: 'a', partitions: 64 }]);
  });

  it('takes everything with it when nobody is left to hand it over to', async () => {
    const a = await start('a');
    await cluster.run(squares(a).put(1, 1));
    expect(await cluster.run(a.leave())).toEqual({ moved: 0, lost: 64 });
    nodes.pop();
  });
});

describe('a value that does not fit into a frame', () => {
  const limits = { frame: 64 * 1024 };
  const large = 'x'.repeat(60_000);

  async function begin(id: string): Promise<ClusterNode> {
    const node = await cluster.run(join(cluster.options(id, { partitions: 64, limits })));
    nodes.push(node);
    node.cache<number, string>('texts');
    return node;
  }

  it('is refused, also where the owner of its key is the caller', async () => {
    const [a, b] = [await begin('a'), await begin('b')];
    await cluster.run(b.ready());
    for (let key = 0; key < 8; key += 1) {
      const cache = a.cache<number, string>('texts');
      await expect(cluster.run(cache.put(key, large))).rejects.toMatchObject({ code: 'TOO_LARGE' });
      await cluster.run(cache.put(key, 'x'.repeat(48_000)));
    }
    expect(await cluster.run(b.cache('texts').size())).toBe(8);
  });

  it('is left behind and reported if a lone node held it, and holds up nothing else', async () => {
    const a = await begin('a');
    const cache = a.cache<number, string>('texts');
    const errors: unknown[] = [];
    cache.on('error', (error) => errors.push(error));
    for (let key = 0; key < 100; key += 1) await cluster.run(cache.put(key, key === 7 ? large : 'small'));
    const b = await begin('b');
    await cluster.run(b.ready());
    await cluster.run(a.leave());
    nodes.shift();
    expect(await cluster.run(b.cache('texts').size())).toBe(99);
    expect(errors[0]).toMatchObject({ code: 'TOO_LARGE' });
  });
});
