import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoutedNode, ViewStore } from '../src/index.ts';
import { TestCluster } from '../src/testing/index.ts';
import { box } from './box.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 3 });
});
afterEach(() => cluster.close());

const partitions = 8;
const every = Array.from({ length: partitions }, (_, hash) => hash);

/** What a node's calls find, for each partition. */
async function found(node: RoutedNode): Promise<unknown[]> {
  const calls = every.map((hash) => node.dispatch.call(hash, { service: 'box', handler: 'get', args: [] }));
  return cluster.run(Promise.all(calls));
}

async function fill(node: RoutedNode): Promise<void> {
  const calls = every.map((hash) =>
    node.dispatch.call(hash, { service: 'box', handler: 'put', args: [`of ${hash}`] }),
  );
  await cluster.run(Promise.all(calls));
}

const filled = every.map((hash) => `of ${hash}`);

function owned(node: RoutedNode): number {
  return node.view.owners.filter((owner) => owner === node.id).length;
}

describe('a partition whose move was committed', () => {
  it('is not given away again when it is back before the store has answered', async () => {
    const store = withholding(cluster.store.open());
    const a = await cluster.join('a', { partitions, store });
    await cluster.run(a.open('box', box(a)));
    await fill(a);
    const b = await cluster.join('b');
    store.withhold = true;
    await cluster.run(b.open('box', box(b)));
    await cluster.clock.advance(100);
    expect(owned(b)).toBe(partitions / 2);
    await cluster.run(b.setWeight(0.1));
    await cluster.clock.advance(100);
    expect(owned(b)).toBeLessThan(partitions / 2);
    store.withhold = false;
    await cluster.clock.advance(2_000);
    expect(await found(a)).toEqual(filled);
    expect(await found(b)).toEqual(filled);
  });
});

/** A store whose answers to `compareAndSet` come only when they are let go, and say then that something went wrong. */
function withholding(store: ViewStore): ViewStore & { withhold: boolean } {
  let release: (() => void)[] = [];
  let withhold = false;
  return {
    ...store,
    get withhold() {
      return withhold;
    },
    set withhold(value) {
      withhold = value;
      for (const answer of release) answer();
      release = [];
    },
    async compareAndSet(expected, next) {
      const done = await store.compareAndSet(expected, next);
      if (!withhold) return done;
      await new Promise<void>((resolve) => release.push(resolve));
      throw new Error('the answer of the view store was lost');
    },
  };
}
