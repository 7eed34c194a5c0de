import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterCacheSettings, ClusterNode } from '../../src/cluster/index.ts';
import type { FunctionMap } from '../../src/index.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
let nodes: ClusterNode[];
/** The reader, and two others, all of which have a share. */
let a: ClusterNode;
let reader: AnyCache;
let owner: AnyCache;
let third: AnyCache;
/** A key that `owner` owns. */
let key: string;

const near = { nearCache: { size: 1_000 } };

beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

async function open(
  options: ClusterCacheSettings<string, unknown, FunctionMap<string, unknown>> = near,
  join: object = {},
  shared: object = {},
): Promise<void> {
  nodes = [];
  for (const id of ['a', 'b', 'c']) nodes.push(await simulation.join(id, { partitions: 64, ...join }));
  const caches = nodes.map(
    (node, n) => node.cache('users', { ...shared, ...(n === 0 ? (options as object) : {}) }) as AnyCache,
  );
  [reader, owner, third] = caches as [AnyCache, AnyCache, AnyCache];
  a = nodes[0]!;
  for (const node of nodes) await simulation.run(node.ready());
  while (nodes[0]!.status().underReplicated > 0 || nodes[0]!.status().moving > 0)
    await simulation.advance(10);
  await simulation.advance(100);
  key = keyOf(a, 'b');
}

const run = <T>(work: Promise<T>): Promise<T> => simulation.run(work);

/** Whether reading it sent nothing, and what was answered. */
async function readsNear(name: string = key): Promise<[sent: boolean, value: unknown]> {
  const { hits } = reader.near();
  const value = await run(reader.get(name));
  return [reader.near().hits > hits, value];
}

describe('a near cache', () => {
  it('answers what was read before, the same object, without asking anybody', async () => {
    await open();
    await run(owner.put(key, { name: 'Ada' }));
    const first = await run(reader.get(key));
    expect(first).toEqual({ name: 'Ada' });
    const { sent } = simulation;
    const answer = reader.get(key);
    expect(simulation.sent).toBe(sent);
    expect(await answer).toBe(first);
    expect(await reader.get(key, { default: 1 })).toBe(first);
    expect(await reader.exists(key)).toBe(true);
    expect(await reader.has(key)).toBe(true);
    expect(reader.peek(key)).toBe(first);
    expect(reader.near()).toEqual({ size: 1, hits: 4, kept: 1, invalidations: 0 });
  });

  it('keeps no misses', async () => {
    await open();
    expect(await run(reader.get(key))).toBe(undefined);
    expect(await run(reader.exists(key))).toBe(false);
    expect(reader.near()).toMatchObject({ size: 0, kept: 0 });
    expect(reader.peek(key)).toBe(undefined);
  });

  const changes: [what: string, change: () => Promise<unknown>, then: unknown][] = [
    ['a put', () => owner.put(key, 2), 2],
    ['a delete', () => third.del(key), undefined],
    ['an update', () => third.update(key, 3), 3],
    ['incr', () => third.incr(key), 2],
    ['take', () => third.take(key), undefined],
    ['clear', () => third.clear(), undefined],
    ['invalidateTag', () => third.invalidateTag('numbers'), undefined],
    ['putMany', () => third.putMany([[key, 4]]), 4],
    ['delMany', () => third.delMany([key]), undefined],
    ['prune', () => third.prune(0), undefined],
    ['a shorter life', () => third.expire(key, 0), undefined],
    [
      'a transaction',
      () =>
        third.transaction([key, keyOf(a, 'c')], async (tx) => {
          await tx.put(key, 5);
          await tx.put(keyOf(a, 'c'), 5);
        }),
      5,
    ],
  ];
  for (const [what, change, then] of changes) {
    it(`drops a value when it is changed by ${what} of another node`, async () => {
      await open();
      await run(owner.put(key, 1, { tags: ['numbers'] }));
      await run(reader.get(key));
      expect(await readsNear()).toEqual([true, 1]);
      await run(change());
      await simulation.advance(10);
      expect(reader.near()).toMatchObject({ size: 0, invalidations: 1 });
      expect(await readsNear()).toEqual([false, then]);
    });
  }

  it('drops what is evicted at its owner', async () => {
    await open(near, {}, { limit: { size: 1 } });
    await run(owner.put(key, 1));
    await run(reader.get(key));
    expect(await readsNear()).toEqual([true, 1]);
    const others = Array.from({ length: 200 }, (_, n) => `other-${n}`);
    await run(owner.put(others.find((each) => a.route(each).owner === 'b')!, 2));
    await simulation.advance(10);
    expect(await readsNear()).toEqual([false, undefined]);
  });

  it('reads what this node has written, however it did', async () => {
    await open();
    const other = keyOf(a, 'c');
    const writes: [write: () => Promise<unknown>, then: unknown][] = [
      [() => reader.put(key, 2), 2],
      [() => reader.putMany([[key, 3]]), 3],
      [() => reader.incr(key), 4],
      [() => reader.getAndUpdate(key, (value) => Number(value) + 1), 5],
      [() => reader.getAndUpdate(key, async (value) => Number(value) + 1), 6],
      [() => reader.transaction([key], async (tx) => tx.put(key, 7)), 7],
      [
        () => reader.transaction([other, key], async (tx) => Promise.all([tx.put(other, 1), tx.put(key, 8)])),
        8,
      ],
      [() => reader.fetch(key, () => 9, { forceRefresh: true }), 9],
      [() => reader.delMany([key]), undefined],
      [() => reader.fetch(key, () => 10), 10],
      [() => reader.clear(), undefined],
    ];
    await run(reader.put(key, 1));
    for (const [write, then] of writes) {
      await run(reader.get(key));
      const read = reader.get(key);
      // Whatever was read while it was under way is not kept.
      const reads = [read];
      const written = write();
      for (let n = 0; n < 3; n += 1) reads.push(reader.get(key));
      await run(written);
      expect(await run(reader.get(key)), String(write)).toBe(then);
      await run(Promise.all(reads));
      expect(await run(reader.get(key)), String(write)).toBe(then);
    }
  });

  it('answers getMany for the keys that it has, and keeps the others', async () => {
    await open();
    const keys = Array.from({ length: 40 }, (_, n) => `many-${n}`);
    for (const each of keys.slice(0, 30)) await run(owner.put(each, { each }));
    const expected = keys.map((each, n) => (n < 30 ? { each } : undefined));
    expect(await run(reader.getMany(keys.slice(0, 10)))).toEqual(expected.slice(0, 10));
    const kept = reader.near().size;
    expect(kept).toBeGreaterThan(0);
    expect(await run(reader.getMany(keys))).toEqual(expected);
    expect(reader.near().hits).toBe(kept);
    const { sent } = simulation;
    const remote = keys.slice(0, 30).filter((each) => a.route(each).owner !== 'a');
    expect(await reader.getMany(remote)).toEqual(remote.map((each) => ({ each })));
    expect(await reader.get(remote[0]!)).toEqual({ each: remote[0] });
    expect(simulation.sent).toBe(sent);
    await run(owner.put(remote[0]!, 2));
    await simulation.advance(10);
    expect(await run(reader.getMany(remote.slice(0, 2)))).toEqual([2, { each: remote[1] }]);
  });

  it('keeps a value no longer than it lives, than `expire` and than a minute', async () => {
    await open({ nearCache: { size: 10, expire: '20s' } });
    await run(owner.put(key, 1, { ttl: '5s' }));
    await run(reader.get(key));
    await simulation.advance(4_900);
    expect(await readsNear()).toEqual([true, 1]);
    await simulation.advance(110);
    expect(await readsNear()).toEqual([false, undefined]);
    await run(owner.put(key, 2));
    await simulation.advance(10);
    await run(reader.get(key));
    await simulation.advance(19_900);
    expect(await readsNear()).toEqual([true, 2]);
    await simulation.advance(110);
    expect(await readsNear()).toEqual([false, 2]);
  });

  it('holds no more than `size`', async () => {
    await open({ nearCache: { size: 5 } });
    for (let n = 0; n < 50; n += 1) await run(owner.put(`k${n}`, n));
    for (let n = 0; n < 50; n += 1) expect(await run(reader.get(`k${n}`))).toBe(n);
    expect(reader.near().size).toBe(5);
  });

  it('is emptied of what came over a link when that breaks', async () => {
    await open();
    const other = keyOf(a, 'c');
    await run(owner.put(key, 1));
    await run(owner.put(other, 1));
    await run(reader.get(key));
    await run(reader.get(other));
    simulation.cluster.network.cut('a', 'b');
    simulation.cluster.network.heal('a', 'b');
    await simulation.advance(3);
    expect(reader.peek(key)).toBe(undefined);
    expect(reader.peek(other)).toBe(1);
    await simulation.advance(100);
    expect(await readsNear()).toEqual([false, 1]);
    expect(await readsNear()).toEqual([true, 1]);
  });

  it('is stale for no longer than the silence that ends a link', async () => {
    await open(near, { failureAfter: '3s' });
    await run(owner.put(key, 1));
    await run(reader.get(key));
    const { network } = simulation.cluster;
    network.block('b', 'a');
    await run(third.put(key, 2));
    expect(reader.peek(key)).toBe(1);
    await simulation.advance(3_600);
    expect(reader.peek(key)).toBe(undefined);
    network.unblock('b', 'a', { reset: true });
    await simulation.advance(2_000);
    expect(await run(reader.get(key))).toBe(2);
  });

  it('drops what has another owner', async () => {
    await open();
    await run(owner.put(key, 1));
    await run(reader.get(key));
    await run(nodes[1]!.setWeight(0));
    while (a.route(key).owner === 'b' || a.status().moving > 0) await simulation.advance(10);
    await simulation.advance(50);
    expect(reader.near().size).toBe(0);
    expect(await run(reader.get(key))).toBe(1);
    await run(third.put(key, 2));
    await simulation.advance(10);
    expect(await run(reader.get(key))).toBe(2);
  });

  it('drops what a node had that dies', async () => {
    await open(near, { backups: 1 });
    await run(third.put(key, 1));
    await simulation.advance(100);
    await run(reader.get(key));
    expect(await readsNear()).toEqual([true, 1]);
    simulation.crash('b');
    await simulation.advance(5);
    expect(reader.peek(key)).toBe(undefined);
    await simulation.advance(5_000);
    expect(await run(reader.get(key))).toBe(1);
  });

  it('keeps nothing of an answer that had to wait for copies', async () => {
    await open(near, { backups: 1 });
    const written = third.put(key, 1);
    const read = (async () => {
      let value: unknown;
      do value = await reader.get(key);
      while (value === undefined);
      return value;
    })();
    await run(Promise.all([written, read]));
    expect(reader.near()).toMatchObject({ kept: 0, hits: 0 });
    await simulation.advance(100);
    await run(reader.get(key));
    expect(await readsNear()).toEqual([true, 1]);
  });

  it('keeps what `local`, `strict` and solitude mean', async () => {
    await open();
    await run(owner.put(key, 1));
    await run(reader.get(key));
    expect(await reader.get(key, { local: true })).toBe(undefined);
    expect(reader.local.get(key)).toBe(undefined);
    const mine = keyOf(a, 'a');
    await run(reader.put(mine, 2));
    expect([reader.peek(mine), reader.peek('nothing')]).toEqual([2, undefined]);
    expect(await run(reader.get(mine))).toBe(2);
    expect(reader.near().size).toBe(1);
    expect(() => reader.peek({} as never)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
  });

  it('is off unless asked for', async () => {
    await open({});
    await run(owner.put(key, 1));
    for (let n = 0; n < 3; n += 1) await run(reader.get(key));
    expect(reader.near()).toEqual({ size: 0, hits: 0, kept: 0, invalidations: 0 });
  });

  it('refuses bad options', async () => {
    const node = await simulation.join('a');
    const bad: [options: object, message: RegExp][] = [
      [{ nearCache: {} }, /nearCache\.size: say how many/],
      [{ nearCache: { size: 0 } }, /nearCache\.size/],
      [{ nearCache: { size: 1, expires: '1s' } }, /'nearCache\.expires'.*'expire'/],
      [{ nearCache: { size: 1, expire: '2m' } }, /nearCache\.expire: .*longer than a minute/],
      [{ nearCache: true }, /nearCache must be an object/],
      [{ hotKeys: 1 }, /hotKeys: .*true or false/],
    ];
    for (const [options, message] of bad)
      expect(() => node.cache('users', options as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
      );
  });
});

describe('a hot key', () => {
  it('is lent for a second to who has no near cache, and called back', async () => {
    await open({});
    await run(owner.put(key, 1));
    let reads = 0;
    for (; reader.near().hits === 0 && reads < 5_000; reads += 64)
      await run(Promise.all(Array.from({ length: 64 }, () => reader.get(key))));
    expect(reads).toBeGreaterThan(500);
    expect(reader.near()).toMatchObject({ size: 1, kept: expect.any(Number) });
    await run(third.put(key, 2));
    await simulation.advance(10);
    expect(reader.peek(key)).toBe(undefined);
    expect(await run(reader.get(key))).toBe(2);
    expect(reader.peek(key)).toBe(2);
    await simulation.advance(1_001);
    expect(reader.peek(key)).toBe(undefined);
  });

  it('is not where either node has opted out', async () => {
    await open({ hotKeys: false });
    await run(owner.put(key, 1));
    for (let reads = 0; reads < 5_000; reads += 64)
      await run(Promise.all(Array.from({ length: 64 }, () => reader.get(key))));
    expect(reader.near()).toMatchObject({ size: 0, kept: 0 });
  });
});
