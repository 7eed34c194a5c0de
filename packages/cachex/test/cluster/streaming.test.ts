import { seeded, TestCluster } from '@cachex/router/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClusterCache, ClusterNode } from '../../src/cluster/index.ts';
import { keyOf } from './simulation.ts';

/** `SEEDS=2000` runs more of them. */
const seeds = Number(process.env.SEEDS ?? 25);

interface Member {
  readonly node: ClusterNode;
  readonly cache: ClusterCache<string, string>;
}

/** Frames, and values and keys so large, that a stream takes many chunks. */
const limits = { frame: 128 * 1024 };
let cluster: TestCluster;
const members = new Map<string, Member>();

afterEach(() => {
  // What is left of them runs on a clock that nobody moves any more.
  members.clear();
});

async function enter(id: string, options: object = {}): Promise<Member> {
  const settings = { partitions: 32, backups: 1, limits, ...options };
  const node = new ClusterNode(await cluster.enter(id, settings));
  const member = { node, cache: node.cache<string, string>('texts') };
  members.set(id, member);
  return member;
}

async function start(seed: number, ids: readonly string[], options?: object): Promise<Member[]> {
  cluster = new TestCluster({ seed });
  const list: Member[] = [];
  for (const id of ids) list.push(await cluster.run(enter(id, options)));
  const [{ node }] = list as [Member];
  for (const member of list) await cluster.run(member.node.ready());
  while (node.status().underReplicated > 0 || node.status().moving > 0) await cluster.clock.advance(10);
  return list;
}

async function fill({ cache }: Member, count: number, name = 'stays'): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, n) => `${name}:${n}:${'x'.repeat(1_000)}`);
  await cluster.run(Promise.all(keys.map((key) => cache.put(key, `${name} `.repeat(1_000)))));
  return keys;
}

/** What is left of a stream. */
async function rest<T>(steps: AsyncIterator<T>): Promise<T[]> {
  const list: T[] = [];
  for (;;) {
    const { done, value } = await cluster.run(steps.next());
    if (done === true) return list;
    list.push(value);
  }
}

describe('a stream while nodes join, leave and die', () => {
  it.each(Array.from({ length: seeds }, (_, n) => n + 1))(
    'sees each entry that lives throughout exactly once, seed %i',
    async (seed) => {
      const [a] = await start(seed, ['a', 'b', 'c', 'victim', 'leaver']);
      const random = seeded(seed);
      const stays = await fill(a!, 300);
      const goes = await fill(a!, 100, 'goes');
      const asked =
        random() < 0.3 ? { where: { key: { startsWith: 's' }, value: { startsWith: 's' } } } : undefined;
      const stream = members.get(random() < 0.5 ? 'a' : 'b')!.cache.stream(asked);
      const during: Promise<unknown>[] = [];
      const events = [
        () => during.push(enter('joiner')),
        () => cluster.crash('victim'),
        () => during.push(members.get('leaver')!.node.leave()),
      ].sort(() => random() - 0.5);
      const due = events.map(() => Math.floor(random() * 250)).sort((one, other) => one - other);
      const seen: string[] = [];
      for (let step = 0; ; step += 1) {
        while (due.length > 0 && step >= due[0]!) {
          due.shift();
          events.shift()!();
        }
        if (random() < 0.2) await cluster.clock.advance(random() * 20);
        if (random() < 0.1) during.push(a!.cache.del(goes[Math.floor(random() * 100)]!));
        if (random() < 0.1) during.push(a!.cache.put(`comes:${step}`, 'new'));
        if (random() < 0.1) during.push(a!.cache.put(stays[Math.floor(random() * 300)]!, `stays changed`));
        const { done, value } = await cluster.run(stream.next());
        if (done === true) break;
        seen.push(value.key);
      }
      await cluster.run(Promise.allSettled(during));
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((key) => key.startsWith('stays')).sort()).toEqual(stays.sort());
    },
  );
});

describe('a stream', () => {
  /** Calls that reach nodes to read entries, or keys, from now on. */
  function watched(list: readonly Member[]): { reads: number; lists: number } {
    const counts = { reads: 0, lists: 0 };
    for (const { id } of cluster.nodes.filter((node) => list.some((member) => member.node.id === node.id))) {
      const node = cluster.nodes.find((each) => each.id === id)!;
      const { dispatch } = node;
      const plain = dispatch.callAll.bind(dispatch);
      dispatch.callAll = (call, ...more) => {
        if (call.handler === '$listKeys') counts.lists += 1;
        if (call.handler === '$readEntries') counts.reads += 1;
        return plain(call, ...more) as never;
      };
    }
    return counts;
  }

  it('asks nothing before the first step, then one chunk ahead and no more', async () => {
    const list = await start(1, ['a', 'b']);
    const keys = await fill(list[0]!, 300);
    const counts = watched(list);
    const steps = list[0]!.cache.stream();
    await cluster.clock.advance(1_000);
    expect(counts).toEqual({ reads: 0, lists: 0 });
    await cluster.run(steps.next());
    await cluster.clock.advance(1_000);
    expect(counts).toEqual({ reads: 2, lists: 1 });
    expect(await rest(steps)).toHaveLength(keys.length - 1);
    expect(counts.reads).toBeGreaterThan(5);
    expect(counts.lists).toBeGreaterThan(2);
  });

  it('that is left asks nothing more, and leaves nothing under way', async () => {
    const list = await start(2, ['a', 'b']);
    await fill(list[0]!, 300);
    const counts = watched(list);
    const steps = list[0]!.cache.stream();
    await cluster.run(steps.next());
    await cluster.run(steps.return!());
    expect(await cluster.run(steps.next())).toEqual({ done: true, value: undefined });
    await cluster.clock.advance(1_000);
    expect(counts.reads).toBeLessThanOrEqual(2);
    expect(cluster.nodes[0]!.status().members.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('ends with the reason of its signal, before, between and during steps', async () => {
    const list = await start(3, ['a', 'b']);
    await fill(list[0]!, 300);
    const reason = new Error('enough');
    const before = list[0]!.cache.stream({}, { signal: AbortSignal.abort(reason) });
    await expect(cluster.run(before.next())).rejects.toBe(reason);
    expect(await before.next()).toEqual({ done: true, value: undefined });
    const between = new AbortController();
    const steps = list[0]!.cache.stream({}, { signal: between.signal });
    await cluster.run(steps.next());
    between.abort(reason);
    await expect(cluster.run(steps.next())).rejects.toBe(reason);
    const during = new AbortController();
    const first = list[0]!.cache.stream({}, { signal: during.signal }).next();
    during.abort(reason);
    await expect(cluster.run(first)).rejects.toBe(reason);
  });

  it('answers what can be reached and then PARTIAL_RESULT, unless that is allowed', async () => {
    const list = await start(4, ['a', 'b'], { backups: 0 });
    const [{ node, cache }] = list as [Member];
    const keys = await fill(list[0]!, 300);
    cluster.network.pause('b');
    const here = keys.filter((key) => node.route(key).owner === 'a');
    const steps = cache.stream({ select: 'key' }, { timeout: 500 });
    const seen: string[] = [];
    const failure = await cluster.run(
      (async () => {
        try {
          for await (const key of steps) seen.push(key);
          return undefined;
        } catch (error) {
          return error as Error & { missing: number[] };
        }
      })(),
    );
    expect(failure).toMatchObject({ code: 'PARTIAL_RESULT', answered: 16 });
    expect(failure!.missing).toHaveLength(16);
    const allowed = rest(cache.stream({ select: 'key' }, { timeout: 500, partial: 'allow' }));
    expect((await allowed).sort()).toEqual(here.sort());
    for (const key of seen) expect(here).toContain(key);
  });

  it('waits for each chunk, not for the whole, as long as its timeout says', async () => {
    const list = await start(5, ['a', 'b']);
    await fill(list[0]!, 300);
    const steps = list[0]!.cache.stream({}, { timeout: 100 });
    let count = 0;
    for (;;) {
      const { done } = await cluster.run(steps.next());
      if (done === true) break;
      count += 1;
      await cluster.clock.advance(50);
    }
    expect(count).toBe(300);
  });

  it('of this node alone is of what it owns', async () => {
    const list = await start(6, ['a', 'b']);
    const keys = await fill(list[0]!, 100);
    const shares: string[][] = [];
    for (const { node, cache } of list) {
      const share = await rest(cache.stream({ select: 'key' }, { local: true }));
      expect(share.sort()).toEqual(keys.filter((key) => node.route(key).owner === node.id).sort());
      expect([...cache.local.stream({ select: 'key' })].sort()).toEqual(share);
      shares.push(share);
    }
    expect(shares.flat().sort()).toEqual(keys.sort());
  });

  it('sees all keys of a partition that has too many for one list, however large they are', async () => {
    const list = await start(7, ['a', 'b'], { partitions: 1 });
    const keys = Array.from({ length: 200 }, (_, n) => `${n}:${'x'.repeat(n % 3 === 0 ? 15_000 : 10)}`);
    for (const key of keys) await cluster.run(list[0]!.cache.put(key, key));
    const counts = watched(list);
    for (const { cache } of list)
      expect((await rest(cache.stream({ select: 'key' }))).sort()).toEqual([...keys].sort());
    expect(counts.lists).toBeGreaterThan(20);
  });

  it('carries values that hardly fit into a frame', async () => {
    const list = await start(8, ['a', 'b']);
    const large = 'x'.repeat(96_000);
    for (let key = 0; key < 20; key += 1) await cluster.run(list[0]!.cache.put(`${key}`, large));
    for (const { cache } of list)
      expect(await rest(cache.stream({ select: 'value' }))).toEqual(new Array(20).fill(large));
  });

  it('of a lone node goes on when it is not alone any more', async () => {
    const [a] = await start(9, ['a']);
    const keys = await fill(a!, 300);
    const steps = a!.cache.stream({ select: 'key' });
    const first = await cluster.run(steps.next());
    const b = await cluster.run(enter('b'));
    await cluster.run(b.node.ready());
    expect([first.value, ...(await rest(steps))].sort()).toEqual(keys.sort());
    expect(keyOf(a!.node, 'b')).toBeDefined();
  });

  it('of a closed node rejects', async () => {
    const [a, b] = await start(10, ['a', 'b']);
    await fill(a!, 300);
    const steps = b!.cache.stream();
    await cluster.run(steps.next());
    await cluster.run(b!.node.close());
    await expect(rest(steps)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cluster.run(b!.cache.stream().next())).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('is dispatched by a record, and what is wrong with that rejects', async () => {
    const [a] = await start(11, ['a', 'b']);
    await fill(a!, 10);
    const steps = a!.cache.call({ action: 'stream', args: [{ select: 'key' }] });
    expect(await rest(steps)).toHaveLength(10);
    const wrong = a!.cache.call({
      action: 'stream',
      args: [1, 2, 3],
    } as never) as unknown as AsyncIterator<unknown>;
    await expect(cluster.run(wrong.next())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});
