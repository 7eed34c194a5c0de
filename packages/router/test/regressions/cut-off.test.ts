import { afterEach, describe, expect, it } from 'vitest';
import type { RoutedNode } from '../../src/index.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { ask, box, ending, until } from './kit.ts';

const failureAfter = 1_000;
const partitions = 16;
const every = Array.from({ length: partitions }, (_, partition) => partition);
const seeds = Array.from({ length: 8 }, (_, n) => 50 + n);

let cluster: TestCluster;
afterEach(async () => {
  for (const { id } of cluster.nodes) cluster.resume(id);
  await cluster.close();
});

/** Nodes with a backup of everything. */
async function start(seed: number, ...ids: readonly string[]): Promise<RoutedNode[]> {
  cluster = new TestCluster({ seed, storeDelay: 2, drift: 0.02 });
  const nodes: RoutedNode[] = [];
  for (const id of ids) nodes.push(await cluster.join(id, { partitions, failureAfter, backups: 1 }));
  for (const node of nodes) await cluster.run(node.open('box', box(node)));
  for (const node of nodes) await cluster.run(node.ready());
  await until(cluster, () => nodes[0]!.status().underReplicated === 0 && nodes[0]!.status().moving === 0);
  return nodes;
}

function ways(host: string, others: readonly string[], what: 'block' | 'unblock'): void {
  for (const other of others) {
    cluster.network[what](host, other);
    cluster.network[what](other, host);
  }
}

/** The last value of each partition whose write was acknowledged to this node, which writes all the time. */
function keepWriting(node: RoutedNode, which: readonly number[]): { acknowledged: number[]; stop(): void } {
  const acknowledged = every.map(() => 0);
  let stopped = false;
  const write = async (partition: number): Promise<void> => {
    for (let value = 1; !stopped; value += 1) {
      const done = await ask(node, partition, 'put', { value, timeout: 400 }).then(
        () => true,
        () => false,
      );
      if (done) acknowledged[partition] = value;
      await new Promise<void>((resolve) => void cluster.clock.after(7, resolve));
    }
  };
  for (const partition of which) void write(partition);
  return {
    acknowledged,
    stop: () => {
      stopped = true;
    },
  };
}

function owned({ view }: RoutedNode, id: string): number[] {
  return every.filter((partition) => view.owners[partition] === id);
}

describe.each(seeds)('what a node owns that is cut off while it reaches the view store (%i)', (seed) => {
  it('goes on at the copies when the others remove it', async () => {
    const [a, b, c] = await start(seed, 'a', 'b', 'c');
    const { origins } = a!.view;
    const theirs = owned(a!, 'c');
    const { acknowledged, stop } = keepWriting(c!, theirs);
    await cluster.clock.advance(200);
    ways('c', ['a', 'b'], 'block');
    await until(cluster, () => a!.view.members.length === 2 && b!.view.members.length === 2);
    stop();
    expect(a!.view.origins).toEqual(origins);
    for (const partition of theirs) {
      const found = await cluster.run(ask(a!, partition, 'get', { timeout: 10_000 }));
      expect(acknowledged[partition]).toBeGreaterThan(0);
      expect(found).toBeGreaterThanOrEqual(acknowledged[partition]!);
    }
  });

  it('goes on at the other one of two, whichever of them is removed', async () => {
    const [a, b] = await start(seed, 'a', 'b');
    const { origins } = a!.view;
    const mine = [a!, b!].map((node) => keepWriting(node, owned(node, node.id)));
    await cluster.clock.advance(200);
    ways('a', ['b'], 'block');
    await until(cluster, () => cluster.store.newest!.members.length === 1);
    for (const { stop } of mine) stop();
    expect(cluster.store.newest!.origins).toEqual(origins);
    const survivor = [a!, b!].find(({ id }) => id === cluster.store.newest!.members[0]!.id)!;
    await until(cluster, () => survivor.view.members.length === 1);
    for (const partition of every) {
      const least = Math.max(...mine.map(({ acknowledged }) => acknowledged[partition]!));
      const found = await cluster.run(ask(survivor, partition, 'get', { timeout: 10_000 }));
      expect(found).toBeGreaterThanOrEqual(least);
    }
  });

  it('goes on at the copies after an outage of the store as well', async () => {
    const [a, b, c] = await start(seed, 'a', 'b', 'c');
    const { origins } = a!.view;
    const { stop } = keepWriting(c!, owned(a!, 'c'));
    await cluster.clock.advance(200);
    ways('c', ['a', 'b'], 'block');
    cluster.store.outage = true;
    await cluster.clock.advance(10 * failureAfter);
    cluster.store.outage = false;
    await until(cluster, () => a!.view.members.length === 2 && b!.view.members.length === 2);
    stop();
    expect(a!.view.origins).toEqual(origins);
  });
});

describe('a node that does not hear a copy', () => {
  it('does without it at once if most others hear the node', async () => {
    const [a, b] = await start(60, 'a', 'b', 'c');
    const [partition] = owned(a!, 'a').filter((each) => a!.view.backups[each]!.includes('c'));
    // One way alone: the others go on hearing it, and do not remove it.
    ways('a', ['c'], 'block');
    const put = ending(ask(a!, partition!, 'put', { value: 1, timeout: 20_000 }));
    await until(cluster, () => put.state === 'answered', 1.5 * failureAfter);
    expect(b!.view.members).toHaveLength(3);
  });

  it('does without it in the end if nobody else decides anything', async () => {
    const [a] = await start(61, 'a', 'b', 'c');
    const [partition] = owned(a!, 'a');
    cluster.pause('b');
    cluster.pause('c');
    const put = ending(ask(a!, partition!, 'put', { value: 1, timeout: 20_000 }));
    await cluster.clock.advance(2.5 * failureAfter);
    expect(put.state).toBe('open');
    await until(cluster, () => put.state === 'answered', 1.5 * failureAfter);
    expect(a!.view.members).toHaveLength(3);
    expect(a!.view.backups[partition!]).toEqual([]);
    // They blame themselves for the silence, and are copied to again.
    cluster.resume('b');
    cluster.resume('c');
    await until(cluster, () => a!.status().underReplicated === 0, 5 * failureAfter);
    expect(a!.view.members).toHaveLength(3);
    expect(await cluster.run(ask(a!, partition!, 'get'))).toBe(1);
  });
});
