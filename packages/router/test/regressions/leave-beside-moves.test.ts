import { afterEach, beforeEach, expect, it } from 'vitest';
import { BackupPlan } from '../../src/backup-plan.ts';
import type { JoinOptions, RoutedNode } from '../../src/index.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { box } from '../box.ts';

const partitions = 64;
const every = Array.from({ length: partitions }, (_, hash) => hash);

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 41 });
});
afterEach(() => cluster.close());

async function add(id: string, more: Partial<JoinOptions> = {}): Promise<RoutedNode> {
  const node = await cluster.join(id, { partitions, ...more });
  await cluster.run(node.open('box', box(node)));
  return node;
}

async function three(more: Partial<JoinOptions>): Promise<[RoutedNode, RoutedNode, RoutedNode]> {
  const nodes = [await add('a', { backups: 1, ...more }), await add('b'), await add('c')] as const;
  for (const node of nodes) await cluster.run(node.ready());
  await cluster.clock.advance(20_000);
  return [...nodes];
}

function call(node: RoutedNode, hash: number, handler: string, ...args: unknown[]): Promise<unknown> {
  const repeatable = handler === 'get';
  return cluster.run(
    node.dispatch.call(hash, { service: 'box', handler, args, repeatable, timeout: 20_000 }),
  );
}

// Copies that there are enough of wait for moves. Those at a node that leaves are none of them.
it('a node that leaves beside slow moves of another does not take copies along', async () => {
  const [a, , c] = await three({ moves: { bytesPerSecond: 20_000 } });
  for (const hash of every)
    await call(a, hash, 'put', a.view.owners[hash] === 'a' ? 'x'.repeat(200_000) : `of ${hash}`);
  const d = await add('d', { weight: 6 });
  await cluster.clock.advance(1_000);
  const leaving = c.leave({ within: 20_000 });
  await cluster.clock.advance(19_000);
  await cluster.run(leaving);
  cluster.crash('b');
  await cluster.clock.advance(8_000);
  const lost: number[] = [];
  for (const hash of every) if ((await call(d, hash, 'get')) === undefined) lost.push(hash);
  expect(lost).toEqual([]);
});

it('a node is emptied of copies though partitions wait for a link that does not stand, and though one cannot take any', async () => {
  const [, b, c] = await three({});
  cluster.network.cut('a', 'd');
  await add('d', { weight: 3 });
  await cluster.clock.advance(2_000);
  void cluster.run(c.setWeight(0));
  await cluster.clock.advance(60_000);
  const { owners, backups } = b.view;
  const left = every.filter((hash) => owners[hash] === 'b' && backups[hash]!.includes('c'));
  expect(left).toEqual([]);
  // Of those of d some are to be at a, which d cannot reach. The others are not the worse for it.
  const plan = new BackupPlan(b.view);
  const atB = every.filter((hash) => owners[hash] === 'd' && plan.wanted(hash).includes('b'));
  expect(atB).not.toEqual([]);
  expect(atB.filter((hash) => !backups[hash]!.includes('b'))).toEqual([]);
});
