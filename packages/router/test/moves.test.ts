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

describe('a partition that was handed over and lost there', () => {
  // The former owner sees it as its own before and after, and takes no notice of what was between.
  it('begins again empty where it was before, although that node missed the view between', async () => {
    const real = cluster.store.open();
    let slow = false;
    const pause = (ms: number): Promise<void> =>
      new Promise((resolve) => void cluster.clock.after(ms, resolve));
    const store: ViewStore = {
      ...real,
      async compareAndSet(expected, next) {
        const done = await real.compareAndSet(expected, next);
        if (slow) await pause(1_000);
        return done;
      },
      async read() {
        const view = await real.read();
        if (slow) await pause(1_000);
        return view;
      },
    };
    const a = await cluster.join('a', { partitions, store });
    await cluster.run(a.open('box', box(a)));
    await fill(a);
    const c = await cluster.join('c', { weight: 0.001 });
    await cluster.run(c.open('box', box(c)));
    const b = await cluster.join('b');
    cluster.store.stored = ({ owners }) => {
      slow = owners.includes('b');
    };
    await cluster.run(b.open('box', box(b)));
    while (owned(b) === 0 || !c.view.owners.includes('b')) await cluster.clock.advance(1);
    const hash = c.view.owners.indexOf('b');
    // This is acknowledged by the new owner, and lost with it.
    await cluster.run(c.dispatch.call(hash, { service: 'box', handler: 'put', args: ['later'] }));
    expect(a.view.owners).not.toContain('b');
    cluster.crash('b');
    await cluster.clock.advance(5_000);
    expect(a.view.origins[hash]).toBe(a.view.terms[hash]);
    const get = c.dispatch.call(hash, { service: 'box', handler: 'get', args: [], repeatable: true });
    expect(await cluster.run(get)).toBeUndefined();
  });
});

describe('a copy that was given up', () => {
  it('is dropped although the link broke before the target could be told', async () => {
    const a = await cluster.join('a', { partitions, moves: { bytesPerSecond: 100 } });
    await cluster.run(a.open('box', box(a)));
    await fill(a);
    const b = await cluster.join('b');
    const c = await cluster.join('c', { weight: 0.001 });
    await cluster.run(c.open('box', box(c)));
    const service = box(b);
    await cluster.run(b.open('box', service));
    while (service.copies.size === 0) await cluster.clock.advance(0.1);
    await cluster.clock.advance(10);
    // What is sent to b from now on reaches it when it goes on; by then a has closed the link and wants something else.
    cluster.pause('b');
    // Nobody is left who could agree that b is gone.
    cluster.pause('c');
    await fill(a);
    await cluster.clock.advance(2_000);
    await cluster.run(a.setWeight(1_000));
    await cluster.clock.advance(20_000);
    for (const id of ['b', 'c']) cluster.resume(id);
    await cluster.clock.advance(10_000);
    expect(a.status()).toMatchObject({ moving: 0, moves: [] });
    expect(service.copies.size).toBe(0);
    expect(await found(b)).toEqual(filled);
  });
});

describe('a slow pace', () => {
  it('does not keep a node from ending', async () => {
    const a = await cluster.join('a', { partitions, moves: { bytesPerSecond: 1 } });
    await cluster.run(a.open('box', box(a)));
    await fill(a);
    const b = await cluster.join('b');
    await cluster.run(b.open('box', box(b)));
    await cluster.clock.advance(1_000);
    // The value of the first copy, which is more than a byte.
    expect(a.status().moves).toMatchObject([{ phase: 'copying', partitions: partitions / 2, records: 1 }]);
    await cluster.run(a.leave({ within: 10 }));
    await cluster.run(b.leave());
    await cluster.clock.advance(60_000);
    expect(cluster.clock.waiting).toBe(0);
    cluster.nodes.length = 0;
  });
});

describe('a partition that changes while it is copied', () => {
  it('moves, however much that is at once', async () => {
    const limits = { frame: 200_000 };
    const messages: string[] = [];
    const info = (message: string): void => void messages.push(message);
    const logger = { debug: info, info, warn: info, error: info };
    const a = await cluster.join('a', { partitions, limits, logger, moves: { bytesPerSecond: 20_000 } });
    await cluster.run(a.open('box', box(a)));
    await fill(a);
    const b = await cluster.join('b', { limits });
    await cluster.run(b.open('box', box(b)));
    while (a.status().moves[0]?.records === undefined) await cluster.clock.advance(0.1);
    const value = 'x'.repeat(20_000);
    const puts = Array.from({ length: 50 }, (_, n) =>
      a.dispatch.call(n, { service: 'box', handler: 'put', args: [value] }),
    );
    await cluster.run(Promise.all(puts));
    await cluster.clock.advance(200_000);
    expect(a.status().moving).toBe(0);
    expect(messages.filter((message) => message.includes('moving'))).toEqual([]);
    expect(await found(b)).toEqual(Array(partitions).fill(value));
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
