import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { viewStoreSuite } from '../../src/testing/view-store-suite.ts';
import { type MemoryStoreHub, memoryStoreHub } from '../../src/view-stores/memory.ts';
import { firstView } from '../arbitraries.ts';

viewStoreSuite({ describe, it }, 'memory', async () => {
  const hub = memoryStoreHub();
  return { open: () => hub.open(), close: async () => {} };
});

/** A hub whose watchers run when `turn` is called. */
function stepped(): { hub: MemoryStoreHub; turn(): void } {
  const tasks: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    wallTime: () => 0,
    after: () => ({ cancel: () => {} }),
    defer: (task) => {
      tasks.push(task);
    },
  };
  return {
    hub: memoryStoreHub({ clock }),
    turn: () => {
      for (const task of tasks.splice(0)) task();
    },
  };
}

const first = firstView();
const second = { ...first, epoch: 2 };

describe('memoryStoreHub', () => {
  it('calls watchers when the clock says so, in the order they came', async () => {
    const { hub, turn } = stepped();
    const told: string[] = [];
    const [a, b] = [hub.open(), hub.open()];
    a.watch(() => told.push('a'));
    b.watch(() => told.push('b'));
    await a.compareAndSet(0, first);
    expect(told).toEqual([]);
    turn();
    expect(told).toEqual(['a', 'b']);
  });

  it('does not call a watcher that stopped after it was to be called', async () => {
    const { hub, turn } = stepped();
    let calls = 0;
    const stop = hub.open().watch(() => {
      calls += 1;
    });
    await hub.open().compareAndSet(0, first);
    stop();
    turn();
    expect(calls).toBe(0);
  });

  it('is out of reach for everyone during an outage, and as before afterwards', async () => {
    const { hub } = stepped();
    const [a, b] = [hub.open(), hub.open()];
    await a.compareAndSet(0, first);
    hub.outage = true;
    for (const store of [a, b]) {
      await expect(store.read()).rejects.toThrow('out of reach');
      await expect(store.compareAndSet(1, second)).rejects.toThrow('out of reach');
    }
    hub.outage = false;
    expect(await b.read()).toBe(first);
  });

  it('can be out of reach for one node, which is told to read again afterwards', async () => {
    const { hub, turn } = stepped();
    const [a, b] = [hub.open(), hub.open()];
    let hints = 0;
    a.watch(() => {
      hints += 1;
    });
    a.outage = true;
    await expect(a.read()).rejects.toThrow('out of reach');
    expect(await b.compareAndSet(0, first)).toBe(true);
    turn();
    expect(hints).toBe(0);
    a.outage = false;
    turn();
    expect(hints).toBe(1);
    expect(await a.read()).toBe(first);
  });

  it('can store a view and lose the reply', async () => {
    const { hub } = stepped();
    const store = hub.open();
    hub.loseReplies = true;
    await expect(store.compareAndSet(0, first)).rejects.toThrow('lost');
    expect(await store.read()).toBe(first);
    expect(await store.compareAndSet(0, first)).toBe(false);
  });
});
