import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RoutedNode } from '../../src/index.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { aGate, ask, box, ending, owned, steered, until } from './kit.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 29 });
});
afterEach(() => cluster.close());

it('what a service without backups had is not found again in a copy that a failed move has left behind', async () => {
  const store = steered(cluster.store.open());
  const start = async (id: string, more: Parameters<TestCluster['join']>[1]): Promise<RoutedNode> => {
    const node = await cluster.join(id, { partitions: 8, backups: 2, ...more });
    await cluster.run(node.open('plain', box(node, 'plain', false)));
    return node;
  };
  const a = await start('a', { store });
  const b = await start('b', { weight: 0.001 });
  const c = await start('c', { weight: 0.001 });
  await cluster.clock.advance(1_000);
  expect(owned(a)).toHaveLength(8);
  expect(a.view.backups.map((ids) => ids.length)).toEqual(Array(8).fill(2));
  for (let partition = 0; partition < 8; partition += 1) {
    await cluster.run(ask(a, partition, 'put', { service: 'plain', value: 'old' }));
  }
  // Everything is at b, and about to be published, when b asks for nothing after all.
  const [move, after] = [aGate(), aGate()];
  const gates = [move, after];
  store.before = (operation) => (operation === 'compareAndSet' ? gates.shift()?.passed : undefined);
  await cluster.run(b.setWeight(1));
  await until(cluster, () => gates.length === 1);
  expect(a.status().moves).toMatchObject([{ to: 'b', phase: 'sealed' }]);
  await cluster.run(b.setWeight(0));
  move.open();
  // It asks again before anybody has done away with its copies, which go on as the backups that they were.
  await until(cluster, () => a.status().moves.length === 0);
  await cluster.run(b.setWeight(0.001));
  after.open();
  await cluster.run(c.setWeight(1_000));
  await until(cluster, () => owned(c).length >= 7);
  const kept = owned(c).filter((partition) => c.view.backups[partition]!.includes('b'));
  expect(kept.length).toBeGreaterThan(0);
  for (const partition of kept) await cluster.run(ask(a, partition, 'remove', { service: 'plain' }));
  await cluster.run(b.setWeight(1_000_000));
  await until(cluster, () => owned(b).length >= 7);
  const moved = kept.filter((partition) => b.view.owners[partition] === 'b');
  expect(moved.length).toBeGreaterThan(0);
  for (const partition of moved)
    expect(await cluster.run(ask(a, partition, 'get', { service: 'plain' }))).toBeUndefined();
});

it('a copy is not named at a node that has begun to leave, and would take it along when its owner dies', async () => {
  cluster = new TestCluster({ seed: 29, storeDelay: 1 });
  const partitions = 8;
  const store = steered(cluster.store.open());
  const a = await cluster.join('a', { partitions, backups: 1, settle: 60_000, store });
  await cluster.run(a.open('box', box(a)));
  // It only calls.
  const c = await cluster.join('c', { weight: 0 });
  await cluster.run(c.open('box', box(c)));
  await cluster.run(ask(c, 0, 'put', { value: 'kept' }));
  const publication = aGate();
  let complete = false;
  store.before = (operation, next) => {
    if (operation !== 'compareAndSet' || next!.backups[0]!.length === 0) return;
    complete = true;
    return publication.passed;
  };
  const b = await cluster.join('b');
  const load = aGate();
  await cluster.run(b.open('box', { ...box(b), idle: () => load.passed }));
  await until(cluster, () => complete);
  const leaving = b.leave({ within: 10_000 });
  await until(cluster, () => b.view.members.some(({ id, weight }) => id === 'b' && weight === 0));
  cluster.store.stored = ({ backups }) => {
    // The worst moment: nothing else has the copy, and its holder does not know that it is needed.
    if (!backups[0]!.includes('b')) return;
    cluster.crash('a');
    load.open();
  };
  publication.open();
  await cluster.clock.advance(20);
  load.open();
  expect(await cluster.run(leaving)).toEqual({ moved: 0, lost: 0 });
  // Somebody could take over an empty partition.
  await cluster.run(c.setWeight(1));
  expect(await cluster.run(ask(c, 0, 'get'))).toBe('kept');
});

it('a copy is not named at a node that has yet to open what was opened meanwhile, and would soon refuse changes', async () => {
  cluster = new TestCluster({ seed: 30, storeDelay: 1 });
  const store = steered(cluster.store.open());
  const a = await cluster.join('a', { partitions: 8, backups: 1, settle: 60_000, store });
  await cluster.run(a.open('box', box(a)));
  const c = await cluster.join('c', { weight: 0 });
  await cluster.run(c.open('box', box(c)));
  const publication = aGate();
  let complete = false;
  store.before = (operation, next) => {
    if (operation !== 'compareAndSet' || next!.backups[0]!.length === 0) return;
    complete = true;
    return publication.passed;
  };
  const b = await cluster.join('b');
  await cluster.run(b.open('box', box(b)));
  await until(cluster, () => complete);
  await cluster.run(c.open('other', box(c, 'other')));
  let named = 0;
  cluster.store.stored = ({ backups }) => {
    named += backups.flat().length;
  };
  publication.open();
  await cluster.clock.advance(1_000);
  expect(named).toBe(0);
  await cluster.run(b.open('other', box(b, 'other')));
  await cluster.clock.advance(1_000);
  expect(a.view.backups).toEqual(Array(8).fill(['b']));
});

it('a copy is kept where it is while its node has yet to open what was opened meanwhile, and nobody else can have one', async () => {
  cluster = new TestCluster({ seed: 31, storeDelay: 1 });
  const a = await cluster.join('a', { partitions: 8, backups: 1 });
  await cluster.run(a.open('box', box(a)));
  const b = await cluster.join('b');
  await cluster.run(b.open('box', box(b)));
  const balanced = (): boolean => owned(a).length === 4 && owned(b).length === 4;
  await until(cluster, () => b.status().underReplicated + b.status().moving === 0 && balanced());
  const mine = owned(a);
  for (const partition of mine) await cluster.run(ask(b, partition, 'put', { value: 'kept' }));
  await cluster.run(a.open('other', box(a, 'other')));
  await cluster.clock.advance(1_000);
  expect(mine.map((partition) => a.view.backups[partition])).toEqual(mine.map(() => ['b']));
  cluster.crash('a');
  for (const partition of mine) expect(await cluster.run(ask(b, partition, 'get'))).toBe('kept');
});

it('a copy that was refused does not count as in sync while the view still names it', async () => {
  cluster = new TestCluster({ seed: 32, storeDelay: 1 });
  const store = steered(cluster.store.open());
  const a = await cluster.join('a', { partitions: 8, backups: 1, settle: 60_000, store });
  await cluster.run(a.open('box', box(a)));
  const b = await cluster.join('b');
  await cluster.run(b.open('box', box(b)));
  await until(cluster, () => b.view.backups.every((ids) => ids.length === 1));
  await cluster.run(a.open('other', box(a, 'other')));
  const publication = aGate();
  let lacking = false;
  store.before = (operation, next) => {
    if (operation !== 'compareAndSet' || next!.backups[3]!.length > 0) return;
    lacking = true;
    return publication.passed;
  };
  const put = ending(ask(a, 3, 'put', { service: 'other', value: 'new' }));
  await until(cluster, () => lacking);
  await cluster.run(b.open('other', box(b, 'other')));
  await until(cluster, () => a.view.epoch === b.view.epoch);
  expect(a.view.backups[3]).toEqual(['b']);
  expect(a.status().underReplicated).toBe(1);
  publication.open();
  await until(cluster, () => put.state === 'answered');
  await until(cluster, () => a.status().underReplicated === 0);
  expect(a.view.backups[3]).toEqual(['b']);
});

it('a copy that was refused is not begun anew while the view names it, and no reply takes that for the copy', async () => {
  cluster = new TestCluster({ seed: 33, storeDelay: 1 });
  const store = steered(cluster.store.open());
  const a = await cluster.join('a', { partitions: 8, backups: 1, store });
  await cluster.run(a.open('box', box(a)));
  const b = await cluster.join('b', { weight: 0.001 });
  await cluster.run(b.open('box', box(b)));
  // It only calls, and opens things.
  const c = await cluster.join('c', { weight: 0 });
  await cluster.run(c.open('box', box(c)));
  await until(cluster, () => a.view.backups.every(([id]) => id === 'b'));
  await cluster.run(a.open('other', box(a, 'other')));
  const publication = aGate();
  let lacking = false;
  store.before = (operation) => {
    if (operation !== 'compareAndSet') return;
    lacking = true;
    return publication.passed;
  };
  const refused = ending(ask(a, 3, 'put', { service: 'other', value: 'refused' }));
  await until(cluster, () => lacking);
  const put = ending(ask(a, 3, 'put', { value: 'new' }));
  await cluster.run(b.open('other', box(b, 'other')));
  await cluster.run(c.open('other', box(c, 'other')));
  cluster.network.block('a', 'b');
  cluster.network.block('b', 'a');
  // Now a is to hand over everything, which b does not hear.
  await cluster.run(b.setWeight(1_000_000));
  await cluster.clock.advance(100);
  await cluster.run(c.open('third', box(c, 'third')));
  await cluster.clock.advance(100);
  expect(a.view.epoch).toBe(c.view.epoch);
  expect(a.view.backups[3]).toEqual(['b']);
  expect([refused.state, put.state]).toEqual(['open', 'open']);
  publication.open();
  await until(cluster, () => refused.state === 'answered' && put.state === 'answered');
  expect(a.view.backups[3]).toEqual([]);
  cluster.network.unblock('a', 'b');
  cluster.network.unblock('b', 'a');
  for (const node of [a, b]) await cluster.run(node.open('third', box(node, 'third')));
  await until(cluster, () => owned(b).includes(3));
  expect(await cluster.run(ask(b, 3, 'get'))).toBe('new');
  expect(await cluster.run(ask(b, 3, 'get', { service: 'other' }))).toBe('refused');
});

it('a copy that is refused while it is published is not begun anew before that has its outcome', async () => {
  cluster = new TestCluster({ seed: 34, storeDelay: 1 });
  const store = steered(cluster.store.open());
  const moves = { bytesPerSecond: 20_000 };
  const a = await cluster.join('a', { partitions: 8, backups: 1, settle: 1_000, moves, store });
  await cluster.run(a.open('box', box(a)));
  const value = 'x'.repeat(1_000);
  for (let partition = 0; partition < 8; partition += 1)
    await cluster.run(ask(a, partition, 'put', { value }));
  const publication = aGate();
  let complete = false;
  store.before = (operation, next) => {
    if (operation !== 'compareAndSet' || next!.backups[7]!.length === 0) return;
    complete = true;
    return publication.passed;
  };
  const others = steered(cluster.store.open());
  const b = await cluster.join('b', { settle: 60_000, store: others });
  const errors: Error[] = [];
  b.on('error', (error) => errors.push(error));
  await cluster.run(b.open('box', box(b)));
  const settled = cluster.clock.now() + 1_000;
  await until(cluster, () => complete);
  expect(cluster.clock.now()).toBeLessThan(settled - 20);
  // What a has already opened and b has not, though no view says so yet.
  void a.open('other', box(a, 'other'));
  for (let partition = 0; partition < 8; partition += 1)
    void ask(a, partition, 'put', { service: 'other', value }).catch(() => {});
  await cluster.clock.advance(10);
  others.before = (operation) => (operation === 'compareAndSet' ? publication.passed : undefined);
  const opened = b.open('other', box(b, 'other'));
  // Now a half of everything is to move to b, which is not named yet.
  await cluster.clock.advance(settled + 20 - cluster.clock.now());
  expect(a.view.backups.flat()).toEqual([]);
  publication.open();
  await cluster.run(opened);
  await until(cluster, () => owned(b).length === 4 && a.status().moving === 0);
  expect(errors).toEqual([]);
  for (let partition = 0; partition < 8; partition += 1) {
    expect(await cluster.run(ask(b, partition, 'get'))).toBe(value);
    expect(await cluster.run(ask(b, partition, 'get', { service: 'other' }))).toBe(value);
  }
});
