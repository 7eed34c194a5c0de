import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { aGate } from '../gate.ts';
import { ManualClock } from '../manual-clock.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

interface Opened {
  readonly node: ClusterNode;
  readonly cache: AnyCache;
  /** What entries expire by, and what is trimmed by. */
  readonly clock: ManualClock;
}

async function open(id: string, options: object, backups = 0): Promise<Opened> {
  const node = await simulation.join(id, { partitions: 64, backups });
  const clock = new ManualClock();
  return { node, clock, cache: node.cache('things', { clock, stats: true, ...options }) as AnyCache };
}

async function openAll(ids: readonly string[], options: object, backups = 0): Promise<Opened[]> {
  const opened: Opened[] = [];
  for (const id of ids) opened.push(await open(id, options, backups));
  await settled(opened);
  return opened;
}

async function settled(opened: readonly Opened[]): Promise<void> {
  for (const { node } of opened) await simulation.run(node.ready());
  const [{ node }] = opened as [Opened];
  while (node.status().underReplicated > 0 || node.status().moving > 0) await simulation.advance(10);
}

async function put(cache: AnyCache, from: number, to: number, value: unknown = 1): Promise<void> {
  for (let n = from; n < to; n += 1) await simulation.run(cache.put(n, value));
}

const keysHere = ({ cache }: Opened): unknown[] => cache.local.keys();

describe('a limit in a cluster', () => {
  it('of size is that of each node, and never exceeded at any', async () => {
    const opened = await openAll(['a', 'b', 'c'], { limit: { size: 20 } });
    for (let n = 0; n < 200; n += 1) {
      await simulation.run(opened[n % 3]!.cache.put(n, n));
      for (const { cache } of opened) expect(cache.local.size()).toBeLessThanOrEqual(20);
    }
    for (const { cache } of opened) expect(cache.local.size()).toBe(20);
    expect(await simulation.run(opened[0]!.cache.size())).toBe(60);
    const stats = await simulation.run(opened[0]!.cache.stats({ cluster: true }));
    expect(stats).toMatchObject({ writes: 200, evictions: 140 });
  });

  it('of bytes counts the key and the encoded value, and is never exceeded at any', async () => {
    const opened = await openAll(['a', 'b'], { limit: { bytes: 1_000 } });
    await put(opened[0]!.cache, 0, 100, 'x'.repeat(60));
    for (const { cache } of opened) {
      const { bytes, size, options } = await simulation.run(cache.inspect('cache'));
      expect(options.limit).toMatchObject({ bytes: 1_000 });
      const [key] = cache.local.keys();
      const entry = await simulation.run(cache.inspect('entry', key!));
      const each = 8 + entry!.bytes!;
      expect(bytes).toBe(size * each);
      expect(size).toBe(Math.floor(1_000 / each));
    }
  });

  it('measures by sizeOf at the owner, which is given the value itself', async () => {
    const seen: unknown[] = [];
    const sizeOf = (value: { weight: number }, key: unknown): number => {
      seen.push([key, value]);
      return value.weight;
    };
    const [a, b] = await openAll(['a', 'b'], { limit: { bytes: 10, sizeOf } });
    await simulation.run(a!.cache.put('ada', { weight: 4 }));
    expect(seen).toEqual([['ada', { weight: 4 }]]);
    await simulation.run(b!.cache.put('ada', { weight: 11 }));
    expect(await simulation.run(a!.cache.get('ada'))).toBeUndefined();
  });

  it('reaches the caller with what sizeOf throws, and nothing of a transaction is written', async () => {
    const sizeOf = (value: number): number => (value === 666 ? Number.NaN : 1);
    const [a, b] = await openAll(['a', 'b'], { limit: { bytes: 100, sizeOf } });
    const owned = (node: string): number[] =>
      Array.from({ length: 50 }, (_, n) => n).filter((n) => a!.node.route(n).owner === node);
    for (const from of [a!, b!]) {
      for (const key of [owned('a')[0]!, owned('b')[0]!]) {
        await expect(simulation.run(from.cache.put(key, 666))).rejects.toMatchObject({
          code: 'INVALID_OPTION',
          message: expect.stringContaining('limit.sizeOf: it answered NaN'),
        });
      }
    }
    const keys = [...owned('a').slice(0, 2), ...owned('b').slice(0, 2)];
    const pairs = owned('b').map((key, n): [number, number] => [key, n === 3 ? 666 : 5]);
    await expect(simulation.run(a!.cache.putMany(pairs, { atomic: true }))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    for (const bad of keys) {
      const work = a!.cache.transaction(keys, async (tx) => {
        for (const key of keys) await tx.put(key, key === bad ? 666 : 5);
      });
      await expect(simulation.run(work)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      expect(await simulation.run(b!.cache.size())).toBe(0);
    }
    // And nothing is locked any more.
    for (const key of keys) await simulation.run(b!.cache.put(key, 1));
    expect(await simulation.run(a!.cache.size())).toBe(4);
  });
});

describe('what was loaded and cannot be measured', () => {
  it.each(['a', 'b', 'c'])(
    'is answered to all who wait for it, and reported at the owner, %s',
    async (owner) => {
      const sizeOf = (): number => Number.NaN;
      const opened = await openAll(['a', 'b', 'c'], { limit: { bytes: 100, sizeOf } });
      const at = opened.find(({ node }) => node.id === owner)!;
      const errors: unknown[] = [];
      at.cache.on('error', (error) => errors.push(error));
      const key = keyOf(at.node, owner);
      const gate = aGate();
      let loads = 0;
      const load = async (): Promise<number> => {
        loads += 1;
        await gate.passed;
        return 5;
      };
      const began = simulation.cluster.clock.now();
      const answers = opened.map(({ cache }) => cache.fetch(key, load));
      await simulation.advance(100);
      gate.open();
      expect(await simulation.run(Promise.all(answers))).toEqual([5, 5, 5]);
      expect(loads).toBe(1);
      expect(simulation.cluster.clock.now() - began).toBeLessThan(1_000);
      expect(errors).toMatchObject([{ code: 'INVALID_OPTION' }]);
      expect(await simulation.run(at.cache.size())).toBe(0);
    },
  );
});

describe('backups', () => {
  it('count for no limit and for no size', async () => {
    const opened = await openAll(['a', 'b'], { limit: { size: 30 } }, 1);
    await put(opened[0]!.cache, 0, 200);
    for (const { cache } of opened) {
      expect(cache.local.size()).toBe(30);
      expect(await simulation.run(cache.inspect('cache'))).toMatchObject({ size: 30 });
    }
    expect(await simulation.run(opened[1]!.cache.size())).toBe(60);
  });

  it('have lost what their owner has evicted: when they take over it does not come back', async () => {
    const options = { limit: { size: 100 } };
    const opened = await openAll(['a', 'b', 'c'], options, 1);
    const evicted = new Set<unknown>();
    opened[0]!.cache.on('evicted', (key) => evicted.add(key));
    await put(opened[1]!.cache, 0, 600);
    const kept = new Set(keysHere(opened[0]!));
    expect(evicted.size).toBeGreaterThan(50);
    expect(kept.size).toBe(100);
    simulation.crash('a');
    const [, b, c] = opened as [Opened, Opened, Opened];
    await simulation.run(b.cache.size());
    for (const key of evicted) expect(await simulation.run(b.cache.exists(key as number))).toBe(false);
    await settled([b, c]);
    // Both were full. What they took over is more than they may have, until they have had a moment for it.
    expect(b.cache.local.size() + c.cache.local.size()).toBe(300);
    for (const { clock } of [b, c]) while (clock.deferred > 0) clock.turn();
    expect([b.cache.local.size(), c.cache.local.size()]).toEqual([100, 100]);
  });

  it('of an entry that is too large for its node do not outlive it', async () => {
    const opened = await openAll(['a', 'b'], { limit: { bytes: 10, sizeOf: (value: number) => value } }, 1);
    const key = Array.from({ length: 50 }, (_, n) => n).find((n) => opened[0]!.node.route(n).owner === 'a')!;
    await simulation.run(opened[1]!.cache.put(key, 5));
    expect(await simulation.run(opened[1]!.cache.incr(key, 6))).toBe(11);
    simulation.crash('a');
    expect(await simulation.run(opened[1]!.cache.get(key))).toBeUndefined();
  });
});

describe('a node that takes partitions over', () => {
  it.each([
    ['size', { size: 200 }],
    ['bytes', { bytes: 200, sizeOf: () => 1 }],
  ])('is trimmed to its %s in slices, and may be used meanwhile', async (_what, limit) => {
    const opened = await openAll(['a', 'b'], { limit });
    const [a, b] = opened as [Opened, Opened];
    await put(a.cache, 0, 800);
    expect([a.cache.local.size(), b.cache.local.size()]).toEqual([200, 200]);
    const told: unknown[] = [];
    a.cache.on('evicted', (key) => told.push(key));
    const before = a.cache.local.stats().evictions;
    a.clock.costOfRead = 1;
    await simulation.run(b.node.leave());
    simulation.nodes.pop();
    expect(a.cache.local.size()).toBe(400);
    a.clock.turn();
    expect(a.cache.local.size()).toBe(368);
    // A put makes a little more room than it needs, so that there are fewer with each.
    await simulation.run(a.cache.put('new', 1));
    expect(a.cache.local.size()).toBe(367);
    let slices = 0;
    for (; a.clock.deferred > 0; slices += 1) a.clock.turn();
    expect(slices).toBeGreaterThan(3);
    expect(a.cache.local.size()).toBe(200);
    expect(told).toHaveLength(201);
    expect(new Set(told).size).toBe(201);
    expect(a.cache.local.stats().evictions).toBe(before + 201);
    await put(a.cache, 1_000, 1_050);
    expect(a.cache.local.size()).toBe(200);
  });

  it('counts what it cannot measure by an estimate, reports it, and goes on', async () => {
    let wild = false;
    const sizeOf = (): number => {
      if (wild) throw new RangeError('too wild');
      return 1;
    };
    const [a] = await openAll(['a'], { limit: { bytes: '1mb', sizeOf } });
    await put(a!.cache, 0, 100);
    wild = true;
    const b = await open('b', { limit: { bytes: '1mb', sizeOf } });
    const errors: unknown[] = [];
    b.cache.on('error', (error) => errors.push(error));
    await settled([a!, b]);
    const moved = b.cache.local.size();
    expect(moved).toBeGreaterThan(20);
    expect(errors).toHaveLength(moved);
    const { bytes } = await simulation.run(b.cache.inspect('cache'));
    expect(bytes).toBeGreaterThan(8 * moved);
    for (let n = 0; n < 100; n += 1) expect(await simulation.run(a!.cache.get(n))).toBe(1);
  });
});

describe('another limit at another node', () => {
  it.each<[first: object | undefined, other: object | undefined]>([
    [{ size: 5 }, { size: 6 }],
    [{ size: 5 }, undefined],
    [undefined, { size: 5 }],
    [{ bytes: '1kb' }, { bytes: '2kb' }],
    [{ heap: 0.7 }, { heap: 0.8 }],
    [{ size: 5 }, { size: 5, policy: 'lru' }],
    [{ bytes: 5 }, { bytes: 5, sizeOf: () => 1 }],
  ])('is refused with CONFIG_MISMATCH that names it: %j, %j', async (first, other) => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const settings = (limit: object | undefined): object => (limit === undefined ? {} : { limit });
    a!.cache('things', settings(first));
    await simulation.advance(100);
    expect(() => b!.cache('things', settings(other))).toThrow(
      expect.objectContaining({
        code: 'CONFIG_MISMATCH',
        message: expect.stringMatching(/'things'.*limit/),
      }),
    );
  });

  it('is the same where it is only written otherwise', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    a!.cache('things', { limit: { bytes: '1kb' } });
    await simulation.advance(100);
    const cache = b!.cache('things', { limit: { policy: 'adaptive', bytes: 1_024 } }) as AnyCache;
    await simulation.run(cache.put('ada', 1));
    expect(await simulation.run(cache.get('ada'))).toBe(1);
  });
});
