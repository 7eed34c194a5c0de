import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallSample } from '../../src/cluster/call-sample.ts';
import { Frequent } from '../../src/cluster/frequent.ts';
import { ManualClock } from '../manual-clock.ts';
import { type AnyCache, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

describe('vitals', () => {
  it('are what a node says of itself, here and elsewhere', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const users = a!.cache('users', { stats: true }) as AnyCache;
    b!.cache('users', { functions: { load: async () => 1 } });
    await simulation.run(b!.ready());
    await simulation.advance(1_000);
    for (let n = 0; n < 200; n += 1) await simulation.run(users.put(`key-${n}`, n));
    const here = await a!.vitals();
    const there = await simulation.run(a!.vitals({ node: 'b' }));
    expect([here.id, there.id]).toEqual(['a', 'b']);
    expect(here.caches.users!.entries + there.caches.users!.entries).toBe(200);
    expect(here.caches.users).toMatchObject({ bytes: null, loading: 0, functions: [] });
    expect(here.caches.users!.stats!.calls.put).toBe(here.caches.users!.entries);
    expect(here.caches.users!.calls!.sampled).toBeGreaterThan(3);
    expect(there.caches.users).toMatchObject({ stats: null, calls: null, functions: ['load'] });
    expect(there.process.rss).toBeGreaterThan(1e6);
    expect(there.uptime).toBeGreaterThan(0);
  });

  it('are those of a node that has opened nothing, too', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    a!.cache('users');
    const { id, caches, process } = await simulation.run(a!.vitals({ node: b!.id }));
    expect([id, caches]).toEqual(['b', {}]);
    expect(process.rss).toBeGreaterThan(1e6);
  });

  it('are refused of a node that cannot be asked', async () => {
    const [a] = await simulation.joinAll('alice', 'bob');
    await expect(simulation.run(a!.vitals({ node: 'bib' }))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: "node: 'bib' is not in the cluster; did you mean 'bob'?",
    });
    await expect(a!.vitals({ nod: 'bob' } as object)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('reject in time when a node does not answer', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    a!.cache('users');
    b!.cache('users');
    await simulation.advance(1_000);
    await simulation.run(a!.vitals({ node: 'b' }));
    simulation.silence('b');
    await expect(simulation.run(a!.vitals({ node: 'b', timeout: '1s' }))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
  });
});

describe('a sample of calls', () => {
  const sampleOf = (): { clock: ManualClock; sample: CallSample } => {
    const clock = new ManualClock();
    return { clock, sample: new CallSample(clock, 256) };
  };

  it('looks at one call in sixteen, whatever the rhythm of calls', () => {
    for (const rhythm of [2, 16, 32, 60]) {
      const { clock, sample } = sampleOf();
      const began = clock.now();
      for (let n = 0; n < 160_000; n += 1) if (sample.due()) sample.note(n % rhythm, began);
      const { sampled, keys, oneIn } = sample.read();
      expect(oneIn).toBe(16);
      expect(Math.abs(sampled - 10_000)).toBeLessThan(200);
      for (const { calls } of keys) expect(calls / sampled).toBeLessThan(1.5 / rhythm);
    }
  });

  it('tells how long callers waited', () => {
    const { clock, sample } = sampleOf();
    for (const ms of [0, 0.001, 1, 1, 1, 300, 1e9]) {
      const began = clock.now();
      clock.advance(ms);
      sample.note('ada', began);
    }
    const { latencies } = sample.read();
    expect(latencies.map(([, calls]) => calls)).toEqual([2, 3, 1, 1]);
    expect(latencies[1]![0]).toBeGreaterThanOrEqual(1);
    expect(latencies[1]![0]).toBeLessThan(1.2);
    expect(latencies[2]![0]).toBeGreaterThanOrEqual(300);
  });

  it('tells of the last span that is over', () => {
    const { clock, sample } = sampleOf();
    const note = (key: string): void => sample.note(key, clock.now());
    note('ada');
    clock.advance(2_000);
    expect(sample.read()).toMatchObject({ span: 2_000, sampled: 1 });
    clock.advance(3_000);
    note('bob');
    note('bob');
    expect(sample.read()).toMatchObject({ span: 5_000, sampled: 1, keys: [{ key: "'ada'", calls: 1 }] });
    clock.advance(5_000);
    expect(sample.read().keys).toMatchObject([{ key: "'bob'", calls: 2 }]);
    clock.advance(60_000);
    expect(sample.read()).toMatchObject({ sampled: 0, keys: [], partitions: [] });
  });

  it('keeps no key that is very long, and tells no long text', () => {
    const { clock, sample } = sampleOf();
    sample.note('x'.repeat(100_000), clock.now());
    sample.note(['y'.repeat(900), 1], clock.now());
    const { sampled, keys, partitions } = sample.read();
    expect([sampled, partitions.length]).toEqual([2, 2]);
    expect(keys).toHaveLength(1);
    expect(keys[0]!.key.length).toBeLessThan(100);
  });
});

describe('frequent items', () => {
  it('are found among any number of others, in so many places', () => {
    const frequent = new Frequent<number, number>(16);
    for (let n = 0; n < 10_000; n += 1) {
      frequent.add(n, n);
      if (n % 3 === 0) frequent.add(-1, -1);
      if (n % 7 === 0) frequent.add(-2, -2);
    }
    expect(frequent.top(2).map(({ item }) => item)).toEqual([-1, -2]);
    expect(frequent.top(100).length).toBeLessThanOrEqual(16);
    expect(frequent.total).toBe(10_000 + 3_334 + 1_429);
  });
});
