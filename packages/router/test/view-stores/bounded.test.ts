import { describe, expect, it } from 'vitest';
import { join } from '../../src/index.ts';
import { ManualClock, TestCluster } from '../../src/testing/index.ts';
import type { ViewStore } from '../../src/view-store.ts';
import { bounded } from '../../src/view-stores/bounded.ts';
import { memoryStoreHub } from '../../src/view-stores/memory.ts';
import { firstView } from '../arbitraries.ts';

const never = <T>(): Promise<T> => new Promise(() => {});

describe('a bounded view store', () => {
  it('passes on what comes in time, and what is refused', async () => {
    const clock = new ManualClock();
    const hub = memoryStoreHub({ clock });
    const store = bounded(hub.open(), clock, 100);
    expect(await store.read()).toBeUndefined();
    expect(await store.compareAndSet(0, firstView())).toBe(true);
    expect((await store.read())?.epoch).toBe(1);
    hub.outage = true;
    await expect(store.read()).rejects.toThrow('out of reach');
    expect(clock.waiting).toBe(0);
  });

  it('rejects what does not come at all', async () => {
    const clock = new ManualClock();
    const hanging = { ...memoryStoreHub({ clock }).open(), read: never, compareAndSet: never };
    const store = bounded(hanging as never, clock, 100);
    await expect(clock.run(store.read())).rejects.toThrow('within 100 ms');
    await expect(clock.run(store.compareAndSet(0, firstView()))).rejects.toThrow('within 100 ms');
    expect(clock.now()).toBe(200);
  });

  it('lets a node that joins give up', async () => {
    const cluster = new TestCluster();
    const options = cluster.options('a', { joinTimeout: 1_000 });
    const store = { ...(options.store as ViewStore), read: never as never };
    await expect(cluster.run(join({ ...options, store }))).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});
