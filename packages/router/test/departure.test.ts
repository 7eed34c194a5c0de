import { describe, expect, it } from 'vitest';
import { TestCluster } from '../src/testing/index.ts';
import { box } from './box.ts';

const partitions = 8;

describe('a node that leaves at once', () => {
  it('does not answer for what it is given on its way out, and reports it', async () => {
    const cluster = new TestCluster({ seed: 4, storeDelay: 1 });
    const pause = (ms: number): Promise<void> =>
      new Promise((resolve) => void cluster.clock.after(ms, resolve));
    const store = cluster.store.open();
    let slow = false;
    const compareAndSet: typeof store.compareAndSet = async (...args) => {
      if (slow) await pause(50);
      const done = await store.compareAndSet(...args);
      if (done && slow) await pause(500);
      return done;
    };
    const read: typeof store.read = async () => {
      const view = await store.read();
      if (slow) await pause(200);
      return view;
    };
    const a = await cluster.join('a', { partitions });
    await cluster.run(a.open('box', box(a)));
    const b = await cluster.join('b', { store: { ...store, read, compareAndSet } });
    await cluster.run(b.open('box', box(b)));
    while (a.status().moves[0]?.phase !== 'sealed') await cluster.clock.advance(0.1);
    slow = true;
    const leaving = b.leave({ within: 0 });
    for (let step = 0; step < 200; step += 1) {
      for (let partition = 0; partition < partitions; partition += 1) {
        expect(a.owns(partition) && b.owns(partition)).toBe(false);
      }
      await cluster.clock.advance(5);
    }
    expect(await cluster.run(leaving)).toEqual({ moved: 0, lost: partitions / 2 });
    expect(a.view.owners).toEqual(Array(partitions).fill('a'));
    await cluster.close();
  });

  it('does not answer any more, although it was alone, once another could have founded the cluster anew', async () => {
    const cluster = new TestCluster({ seed: 5, storeDelay: 50 });
    const a = await cluster.join('a', { partitions });
    const leaving = a.leave();
    for (let step = 0; step < 200; step += 1) {
      if (cluster.store.newest!.members.length === 0) expect(a.solo).toBe(false);
      await cluster.clock.advance(0.5);
    }
    await cluster.run(leaving);
    await cluster.close();
  });
});

describe('a node that leaves while others join', () => {
  it('does not wait for the members to settle', async () => {
    const cluster = new TestCluster({ seed: 8 });
    const settle = 60_000;
    const a = await cluster.join('a', { partitions: 512, settle, moves: { concurrency: 1 } });
    await cluster.run(a.open('box', box(a)));
    const b = await cluster.join('b', { settle });
    await cluster.run(b.open('box', box(b)));
    const leaving = a.leave();
    while (b.view.owners.every((owner) => owner === 'a')) await cluster.clock.advance(1);
    await cluster.join('c', { settle });
    expect(await cluster.run(leaving)).toEqual({ moved: 512, lost: 0 });
    await cluster.close();
  });
});

describe('a node that leaves while the store is out and another has died', () => {
  it('is gone soon after its time, however long that has lasted', async () => {
    const cluster = new TestCluster({ seed: 6 });
    const a = await cluster.join('a', { partitions });
    await cluster.join('b');
    await cluster.clock.advance(1_000);
    cluster.store.outage = true;
    cluster.crash('b');
    await cluster.clock.advance(600_000);
    const began = cluster.clock.now();
    await cluster.run(a.leave({ within: 1_000 }));
    expect(cluster.clock.now() - began).toBeLessThan(12_000);
    cluster.store.outage = false;
    await cluster.close();
  });

  it('ends what was being committed', async () => {
    const cluster = new TestCluster({ seed: 6, storeDelay: 1 });
    const a = await cluster.join('a', { partitions });
    await cluster.run(a.open('box', box(a)));
    const b = await cluster.join('b');
    await cluster.run(b.open('box', box(b)));
    while (a.status().moves[0]?.phase !== 'sealed') await cluster.clock.advance(0.1);
    cluster.store.outage = true;
    await cluster.clock.advance(1_000);
    const began = cluster.clock.now();
    await cluster.run(a.leave({ within: 1_000 }));
    expect(cluster.clock.now() - began).toBeLessThan(12_000);
    cluster.store.outage = false;
    await cluster.close();
  });
});

describe('what was begun at a node that leaves', () => {
  it('is waited for although the others have no weight: they may own what it is for', async () => {
    const cluster = new TestCluster({ seed: 6 });
    const a = await cluster.join('a', { partitions });
    const b = await cluster.join('b');
    await cluster.run(b.setWeight(0));
    let end = (): void => {};
    const under = new Promise<void>((resolve) => {
      end = resolve;
    });
    await cluster.run(a.open('work', { handlers: {}, idle: () => under }));
    await cluster.run(b.open('work', { handlers: {} }));
    let left = false;
    const leaving = a.leave({ within: 10_000 }).then(() => {
      left = true;
    });
    await cluster.clock.advance(5_000);
    expect(left).toBe(false);
    end();
    await cluster.clock.advance(100);
    expect(cluster.store.newest!.members.map(({ id }) => id)).toEqual(['b']);
    await cluster.run(leaving);
    await cluster.close();
  });
});
