import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoutedNode } from '../../src/index.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { aGate, ask, type Box, box, ending, owned, type Steered, steered, until } from './kit.ts';

let cluster: TestCluster;
let store: Steered;
let boxes: Map<string, Box>;
let a: RoutedNode;
let s: RoutedNode;
let other: RoutedNode;
let heard: ReturnType<typeof aGate>;
beforeEach(() => {
  cluster = new TestCluster({ seed: 19 });
  store = steered(cluster.store.open());
  boxes = new Map();
});
afterEach(() => cluster.close());

async function open(node: RoutedNode): Promise<void> {
  const service = box(node);
  boxes.set(node.id, service);
  await cluster.run(node.open('box', service));
}

/** Moves half of what `a` has to `s`, in a view of which `a` hears nothing, for the store does not answer it any more. */
async function moveUnheard(backups: 0 | 1): Promise<number> {
  a = await cluster.join('a', { partitions: 8, backups, store });
  await open(a);
  for (let partition = 0; partition < 8; partition += 1) {
    await cluster.run(ask(a, partition, 'put', { value: 'old' }));
  }
  other = await cluster.join('z', { weight: 0 });
  await open(other);
  await cluster.clock.advance(100);
  s = await cluster.join('s');
  heard = aGate();
  let moved = false;
  store.before = (operation) => (operation === 'read' && moved ? heard.passed : undefined);
  store.after = async (operation, next) => {
    if (next?.owners.includes('s') === true) moved = true;
    if (!moved) return;
    await heard.passed;
    // An answer would tell of that one view; what is read now is a later one.
    if (operation === 'compareAndSet') throw new Error('the answer of the view store was lost');
  };
  await open(s);
  await until(cluster, () => owned(s).length > 0);
  expect(owned(a)).toHaveLength(8);
  return owned(s)[0]!;
}

describe('a partition that was given away, and has come back before its first owner heard of either', () => {
  it('never has again what it had before: its data is lost, and that of before was changed since', async () => {
    const partition = await moveUnheard(0);
    await cluster.run(ask(other, partition, 'remove'));
    cluster.crash('s');
    await until(cluster, () => other.view.owners[partition] === 'a');
    expect(owned(a)).toHaveLength(8);
    expect(a.view.epoch).toBeLessThan(other.view.epoch);
    heard.open();
    await cluster.clock.advance(1_000);
    expect(a.view.epoch).toBe(other.view.epoch);
    expect(await cluster.run(ask(other, partition, 'get'))).toBeUndefined();
  });

  it('keeps its data where that is the copy that the other owner had, and nobody was told of anything since', async () => {
    const partition = await moveUnheard(1);
    const untouched = owned(s)[1]!;
    expect(other.view.backups[partition]).toEqual(['a']);
    const put = ending(ask(other, partition, 'put', { value: 'new' }));
    await until(cluster, () => boxes.get('s')!.values.get(partition) === 'new');
    cluster.crash('s');
    await until(cluster, () => other.view.owners[partition] === 'a');
    expect(put.state).toBe('open');
    heard.open();
    await cluster.clock.advance(6_000);
    expect(a.view.epoch).toBe(other.view.epoch);
    expect(await cluster.run(ask(other, untouched, 'get'))).toBe('old');
    expect(put.state === 'answered' ? 'new' : 'old').toBe(await cluster.run(ask(other, partition, 'get')));
  });
});
