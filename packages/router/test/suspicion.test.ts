import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JoinOptions, RoutedNode } from '../src/index.ts';
import { TestCluster } from '../src/testing/index.ts';
import { box } from './box.ts';

const partitions = 16;
const failureAfter = 3_000;
const lease = failureAfter / 2;
const fence = 1.25 * lease;

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 31 });
});
afterEach(async () => {
  // What is stopped cannot leave.
  for (const { id } of cluster.nodes) cluster.resume(id);
  await cluster.close();
});

async function start(
  ids: readonly string[],
  more: (id: string) => Partial<JoinOptions> = () => ({}),
): Promise<RoutedNode[]> {
  const nodes: RoutedNode[] = [];
  for (const id of ids) nodes.push(await cluster.join(id, { partitions, failureAfter, ...more(id) }));
  for (const node of nodes) await cluster.run(node.open('box', box(node)));
  for (const node of nodes) await cluster.run(node.ready());
  await cluster.clock.advance(2_000);
  return nodes;
}

function members(node: RoutedNode): string[] {
  return node.view.members.map(({ id }) => id);
}

function get(node: RoutedNode, hash: number, timeout = 5_000): Promise<unknown> {
  return node.dispatch.call(hash, { service: 'box', handler: 'get', args: [], repeatable: true, timeout });
}

function put(node: RoutedNode, hash: number, value: unknown): Promise<unknown> {
  return node.dispatch.call(hash, { service: 'box', handler: 'put', args: [value] });
}

function ownedBy(node: RoutedNode, id: string): number[] {
  return node.view.owners.flatMap((owner, partition) => (owner === id ? [partition] : []));
}

function incarnationOf({ incarnation }: { readonly incarnation: string }): string {
  return incarnation;
}

/** Cuts a host off from others without a word; it still reaches the view store. */
function isolate(host: string, ...others: string[]): void {
  for (const other of others) {
    cluster.network.block(host, other);
    cluster.network.block(other, host);
  }
}

function rejoin(host: string, ...others: string[]): void {
  for (const other of others) {
    cluster.network.unblock(host, other);
    cluster.network.unblock(other, host);
  }
}

/** Lets time pass until something holds, and answers with how long that took. */
async function until(holds: () => boolean, limit: number): Promise<number> {
  const began = cluster.clock.now();
  while (!holds()) {
    if (cluster.clock.now() - began > limit) expect.fail(`not within ${limit} ms`);
    await cluster.clock.advance(5);
  }
  return cluster.clock.now() - began;
}

describe('a silent member of three', () => {
  it('is removed after failureAfter, and its keys are answered once its lease must have run out', async () => {
    const [a, b] = await start(['a', 'b', 'c']);
    const [hash] = ownedBy(a!, 'c');
    cluster.pause('c');
    const call = get(b!, hash!, 30_000);
    const removed = await until(() => members(a!).length === 2, 10_000);
    expect(removed).toBeGreaterThan(failureAfter - 500);
    expect(removed).toBeLessThan(failureAfter + 1_200);
    const heir = [a!, b!].find(({ id }) => id === a!.view.owners[hash!])!;
    const since = cluster.clock.now();
    expect(heir.owns(hash!)).toBe(false);
    expect(await cluster.run(call)).toBeUndefined();
    expect(cluster.clock.now() - since).toBeGreaterThan(fence - 20);
    expect(cluster.clock.now() - since).toBeLessThan(fence + 500);
    expect(heir.owns(hash!)).toBe(true);
  });

  it('has stopped answering before others begin, if it runs and cannot be heard', async () => {
    const nodes = await start(['a', 'b', 'c']);
    const [a, , c] = nodes as [RoutedNode, RoutedNode, RoutedNode];
    const before = ownedBy(a, 'c');
    isolate('c', 'a', 'b');
    for (let step = 0; step < 2_000; step += 1) {
      await cluster.clock.advance(5);
      for (const hash of before) {
        const owners = nodes.filter((node) => node.owns(hash)).map(({ id }) => id);
        if (owners.length > 1) expect.fail(`${owners} answer for ${hash} at ${cluster.clock.now()}`);
      }
    }
    expect(members(a)).toEqual(['a', 'b']);
    expect(c.safeToStop()).toBe(true);
  });

  it('stops when it goes on and learns of it, and may come back as another', async () => {
    const [a, , c] = await start(['a', 'b', 'c']);
    const stopped = new Promise((resolve) => c!.on('error', resolve));
    cluster.pause('c');
    await cluster.clock.advance(10_000);
    cluster.resume('c');
    expect(await cluster.run(stopped)).toMatchObject({ code: 'FENCED' });
    await expect(cluster.run(get(c!, 0))).rejects.toMatchObject({ code: 'FENCED' });
    await cluster.join('c', { partitions });
    expect(members(a!)).toEqual(['a', 'b', 'c']);
  });

  it('stays while the store is out, and calls that need it fail', async () => {
    const [a, b] = await start(['a', 'b', 'c']);
    const [hash] = ownedBy(a!, 'c');
    const [own] = ownedBy(a!, 'a');
    cluster.store.outage = true;
    cluster.pause('c');
    await cluster.clock.advance(20_000);
    expect(members(a!)).toEqual(['a', 'b', 'c']);
    await expect(cluster.run(get(a!, hash!))).rejects.toMatchObject({ code: 'NODE_DOWN' });
    expect(await cluster.run(get(b!, own!))).toBeUndefined();
    cluster.store.outage = false;
    await cluster.clock.advance(5_000);
    expect(members(a!)).toEqual(['a', 'b']);
  });
});

describe('a member that is heard again before its removal could be stored', () => {
  it('stays, and is granted its lease again', async () => {
    let refusing = false;
    const [a, b, c] = await start(['a', 'b', 'c'], () => {
      const store = cluster.store.open();
      const compareAndSet: typeof store.compareAndSet = async (expected, next) =>
        !(refusing && next.members.length < 3) && store.compareAndSet(expected, next);
      return { store: { ...store, compareAndSet } };
    });
    refusing = true;
    isolate('c', 'a', 'b');
    await cluster.clock.advance(2 * failureAfter);
    for (const other of ['a', 'b']) {
      cluster.network.unblock('c', other);
      cluster.network.unblock(other, 'c');
    }
    await cluster.clock.advance(failureAfter);
    refusing = false;
    await cluster.clock.advance(2 * failureAfter);
    expect([members(a!), members(b!), members(c!)]).toEqual(new Array(3).fill(['a', 'b', 'c']));
    cluster.store.outage = true;
    await cluster.clock.advance(2 * failureAfter);
    expect(c!.owns(ownedBy(c!, 'c')[0]!)).toBe(true);
  });
});

describe('two silent members of four', () => {
  it('are removed together, for the others are half of all', async () => {
    const [a, b] = await start(['a', 'b', 'c', 'd']);
    for (const id of ['c', 'd']) cluster.pause(id);
    await until(() => members(a!).length === 2, 10_000);
    expect(members(b!)).toEqual(['a', 'b']);
    await cluster.clock.advance(fence + 100);
    for (let hash = 0; hash < partitions; hash += 1) expect(await cluster.run(get(a!, hash))).toBeUndefined();
  });

  it('are the ones that are cut off from the others, or those are, but never both', async () => {
    const nodes = await start(['a', 'b', 'c', 'd']);
    isolate('c', 'a', 'b');
    isolate('d', 'a', 'b');
    for (let step = 0; step < 2_000; step += 1) {
      await cluster.clock.advance(5);
      for (let hash = 0; hash < partitions; hash += 1) {
        const owners = nodes.filter((node) => node.owns(hash)).map(({ id }) => id);
        if (owners.length > 1) expect.fail(`${owners} answer for ${hash} at ${cluster.clock.now()}`);
      }
    }
    expect(cluster.store.newest!.members.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

describe('more than half of the members', () => {
  it('are never removed for their silence: calls for them fail, calls for others are answered', async () => {
    const [a] = await start(['a', 'b', 'c']);
    const { epoch } = a!.view;
    for (const id of ['b', 'c']) cluster.pause(id);
    await cluster.clock.advance(60_000);
    expect([members(a!), a!.view.epoch]).toEqual([['a', 'b', 'c'], epoch]);
    await expect(cluster.run(get(a!, ownedBy(a!, 'b')[0]!))).rejects.toMatchObject({ code: 'NODE_DOWN' });
    expect(await cluster.run(get(a!, ownedBy(a!, 'a')[0]!))).toBeUndefined();
    for (const id of ['b', 'c']) cluster.resume(id);
    await cluster.clock.advance(5_000);
    expect([members(a!), a!.view.epoch]).toEqual([['a', 'b', 'c'], epoch]);
    expect(await cluster.run(get(a!, ownedBy(a!, 'b')[0]!))).toBeUndefined();
  });
});

describe('a member that one other cannot hear', () => {
  it('stays, because the rest can', async () => {
    const [a, b, c] = await start(['a', 'b', 'c']);
    const { epoch } = a!.view;
    cluster.network.block('b', 'a');
    await cluster.clock.advance(30_000);
    expect([members(a!), a!.view.epoch]).toEqual([['a', 'b', 'c'], epoch]);
    // It keeps its lease, and is answered for by nobody else.
    const [hash] = ownedBy(a!, 'b');
    expect(await cluster.run(get(c!, hash!))).toBeUndefined();
    expect(b!.owns(hash!)).toBe(true);
    cluster.network.unblock('b', 'a');
    await cluster.clock.advance(5_000);
    expect(await cluster.run(get(a!, hash!))).toBeUndefined();
  });

  it('keeps its lease after that, when the store goes away as well', async () => {
    const [, b, c] = await start(['a', 'b', 'c']);
    cluster.network.block('b', 'a');
    await cluster.clock.advance(30_000);
    cluster.network.unblock('b', 'a');
    await cluster.clock.advance(5_000);
    cluster.store.outage = true;
    await cluster.clock.advance(10_000);
    for (const hash of ownedBy(c!, 'b')) expect(b!.owns(hash)).toBe(true);
  });
});

describe('a promise', () => {
  // It is released by one message, sent once. If that is lost, whoever has promised asks for the next view.
  it('does not bind for ever when nobody was removed', async () => {
    const [, b, c] = await start(['a', 'b', 'c', 'd', 'e']);
    const { epoch } = c!.view;
    const deny = {
      service: '$cluster',
      handler: 'promise',
      args: [epoch, [incarnationOf(c!)]],
      repeatable: true,
    };
    // b, d and e do not hear c for a while, and a asks them to promise; then a is cut off before it can say more.
    isolate('c', 'b', 'd', 'e');
    await cluster.clock.advance(failureAfter / 2 + 600);
    for (const id of ['b', 'd', 'e']) {
      const asked = cluster.nodes[0]!.dispatch.callNode(id, deny);
      expect(await cluster.run(asked)).toEqual([incarnationOf(c!)]);
    }
    rejoin('c', 'b', 'd', 'e');
    await cluster.clock.advance(5_000);
    expect(members(c!)).toEqual(['a', 'b', 'c', 'd', 'e']);
    cluster.store.outage = true;
    await cluster.clock.advance(5_000);
    const owned = ownedBy(b!, 'c');
    expect(owned.length).toBeGreaterThan(0);
    for (const hash of owned) expect(c!.owns(hash)).toBe(true);
  });
});

describe('a node that was stopped itself', () => {
  it('blames nobody for what it did not hear', async () => {
    const nodes = await start(['a', 'b', 'c']);
    const { epoch } = nodes[0]!.view;
    for (let round = 0; round < 3; round += 1) {
      // Everybody, as when a machine sleeps.
      for (const { id } of nodes) cluster.pause(id);
      await cluster.clock.advance(60_000);
      for (const { id } of nodes) cluster.resume(id);
      await cluster.clock.advance(5_000);
    }
    for (const node of nodes) expect([members(node), node.view.epoch]).toEqual([['a', 'b', 'c'], epoch]);
  });

  // What waited for it in the sockets comes before its timers, and so before it notices that it was stopped.
  it('agrees to nothing before it has looked at the time', async () => {
    const [a, b, c] = await start(['a', 'b', 'c']);
    cluster.network.block('b', 'a');
    await cluster.clock.advance(failureAfter - 600);
    cluster.pause('c');
    await cluster.clock.advance(failureAfter - 500);
    // Bytes first, as in the poll phase of an event loop that wakes up, then timers.
    cluster.network.resume('c');
    await cluster.clock.advance(0.1);
    cluster.resume('c');
    await cluster.clock.advance(1_000);
    expect(members(a!)).toEqual(['a', 'b', 'c']);
    expect([members(b!), members(c!)]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });
});

describe('a member that an operator forgets', () => {
  it('may still run, so its keys are answered only when its lease must have run out', async () => {
    const [a] = await start(['a', 'b', 'c']);
    const before = ownedBy(a!, 'b');
    for (const id of ['b', 'c']) cluster.pause(id);
    await cluster.clock.advance(10_000);
    await cluster.run(a!.forget('b'));
    const since = cluster.clock.now();
    expect(members(a!)).toEqual(['a', 'c']);
    const mine = before.filter((hash) => a!.view.owners[hash] === 'a');
    expect(mine.length).toBeGreaterThan(0);
    expect(mine.filter((hash) => a!.owns(hash))).toEqual([]);
    expect(await cluster.run(get(a!, mine[0]!))).toBeUndefined();
    expect(cluster.clock.now() - since).toBeGreaterThan(fence - 20);
    expect(mine.filter((hash) => !a!.owns(hash))).toEqual([]);
  });
});

describe('a cluster of two that cannot hear each other', () => {
  it('goes on with one of them, and the other has stopped before that answers for all', async () => {
    const nodes = await start(['a', 'b']);
    isolate('a', 'b');
    for (let step = 0; step < 2_000; step += 1) {
      await cluster.clock.advance(5);
      for (let hash = 0; hash < partitions; hash += 1) {
        const owners = nodes.filter((node) => node.owns(hash)).map(({ id }) => id);
        if (owners.length > 1) expect.fail(`${owners} answer for ${hash} at ${cluster.clock.now()}`);
      }
    }
    expect(cluster.store.newest!.members).toHaveLength(1);
    rejoin('a', 'b');
  });

  // Partition 0 was this node's before, so that it alone tells nothing of the others' fences.
  it('does not take itself for alone while it must still wait for some of its keys', async () => {
    const [a] = await start(['a', 'b']);
    const before = ownedBy(a!, 'b');
    expect(before).not.toContain(0);
    isolate('a', 'b');
    await until(() => members(a!).length === 1, 10_000);
    expect(before.filter((hash) => a!.owns(hash))).toEqual([]);
    expect(a!.solo).toBe(false);
  });
});

describe('nodes that differ in failureAfter', () => {
  const refused = {
    code: 'CONFIG_MISMATCH',
    message: expect.stringMatching(/^failureAfter: .*3000; 30000 /),
  };

  // The one would wait for as long as its own lease lasts; that of the other lasts for longer.
  it('are not of one cluster: the founder settles it, and whoever has another one is refused', async () => {
    const [a] = await start(['a', 'b']);
    const { epoch } = a!.view;
    const other = cluster.join('c', { partitions, failureAfter: 30_000 });
    await expect(other).rejects.toMatchObject(refused);
    await cluster.clock.advance(5_000);
    expect([members(a!), a!.view.epoch, a!.view.failureAfter]).toEqual([['a', 'b'], epoch, failureAfter]);
    await cluster.join('c', { partitions, failureAfter });
    expect(members(a!)).toEqual(['a', 'b', 'c']);
  });

  it('are not of one cluster either if they come at once, where there is none', async () => {
    const both = [failureAfter, 30_000].map((each, n) =>
      cluster.enter(`n${n}`, { partitions, failureAfter: each }),
    );
    const outcomes = await cluster.run(Promise.allSettled(both));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'CONFIG_MISMATCH', message: expect.stringContaining('failureAfter: ') },
    });
    expect(cluster.nodes[0]!.view.members).toHaveLength(1);
  });
});

describe('what was written', () => {
  it('is lost with a silent owner that nobody had a copy of, and nothing earlier comes back with it', async () => {
    const [a, b] = await start(['a', 'b', 'c']);
    const [hash] = ownedBy(a!, 'c');
    await cluster.run(put(b!, hash!, 'value'));
    cluster.pause('c');
    await cluster.clock.advance(failureAfter + 1_000 + fence);
    expect(await cluster.run(get(a!, hash!))).toBeUndefined();
  });
});

describe('an id that comes back while its former bearer runs and is merely out of reach', () => {
  /** Lets time pass, in which no key may be answered for by two. */
  async function watch(nodes: readonly RoutedNode[], ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      await cluster.clock.advance(50);
      for (let hash = 0; hash < partitions; hash += 1) {
        const owners = nodes.filter((node) => node.owns(hash)).map(({ incarnation }) => incarnation);
        if (owners.length > 1) expect.fail(`${owners} answer for ${hash} at ${cluster.clock.now()}`);
      }
    }
  }

  // Those on the side of the former bearer would go on granting it its lease, and know nothing of the new view.
  it('is not let in as long as nobody can vote that one out', async () => {
    const stores = ['b', 'c'].map((id) => [id, cluster.store.open()] as const);
    const nodes = await start(['a', 'b', 'c'], (id) => {
      const store = new Map(stores).get(id);
      return store === undefined ? {} : { store };
    });
    const [a, b] = nodes as [RoutedNode, RoutedNode];
    const hashes = ownedBy(a, 'b');
    for (const host of ['a', 'elsewhere']) isolate(host, 'b', 'c');
    for (const [, store] of stores) store.outage = true;
    await watch(nodes, 10_000);
    let failure: unknown;
    cluster.enter('elsewhere', { id: 'b', partitions, failureAfter, joinTimeout: 8_000 }).then(
      (node) => expect.fail(`${node.id} was let in`),
      (error: unknown) => {
        failure = error;
      },
    );
    await watch(nodes, 7_900);
    expect(failure).toBeUndefined();
    await watch(nodes, 5_000);
    expect(failure).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/the id 'b' does not answer.*it is waited for/),
    });
    // The former bearer goes on, with the lease that it has from the one that hears it.
    expect(hashes.filter((hash) => !b.owns(hash))).toEqual([]);
    for (const [, store] of stores) store.outage = false;
    for (const host of ['a', 'elsewhere']) rejoin(host, 'b', 'c');
    await watch(nodes, 5_000);
    expect(a.view.members.map(incarnationOf)).toEqual(nodes.map(incarnationOf));
    for (const hash of hashes) expect(await cluster.run(get(a, hash))).toBeUndefined();
  });

  it('is let in once the others have voted that one out', async () => {
    const store = cluster.store.open();
    const nodes = await start(['a', 'b', 'c'], (id) => (id === 'b' ? { store } : {}));
    const [a, b] = nodes as [RoutedNode, RoutedNode];
    const published: string[][] = [];
    cluster.store.stored = (view) => void published.push(view.members.map(incarnationOf));
    isolate('b', 'a', 'c', 'elsewhere');
    store.outage = true;
    // The one that is left cannot decide this alone.
    cluster.pause('c');
    await watch(nodes, failureAfter + 2_000);
    let entered: RoutedNode | undefined;
    const joining = cluster.enter('elsewhere', { id: 'b', partitions, failureAfter }).then((node) => {
      entered = node;
      nodes.push(node);
    });
    await watch(nodes, 5_000);
    expect([entered, published]).toEqual([undefined, []]);
    cluster.resume('c');
    await watch(nodes, 10_000);
    await cluster.run(joining);
    const again = entered!;
    expect(again.incarnation).not.toBe(b.incarnation);
    // By a view of its own, for which they have promised to grant the former bearer nothing more.
    const first = published.findIndex((incarnations) => incarnations.includes(again.incarnation));
    expect(published[first - 1]).toEqual([a, nodes[2]!].map(incarnationOf));
    const opened = again.open('box', box(again));
    await watch(nodes, 10_000);
    await cluster.run(opened);
    store.outage = false;
    rejoin('b', 'a', 'c', 'elsewhere');
    await watch(nodes, 5_000);
    expect(a.view.members.map(incarnationOf)).toEqual([a, again, nodes[2]!].map(incarnationOf));
    await expect(cluster.run(get(b, 0))).rejects.toMatchObject({ code: 'FENCED' });
    for (let hash = 0; hash < partitions; hash += 1) expect(await cluster.run(get(a, hash))).toBeUndefined();
  });
});

describe('three whose ways all lead through one place, which fails', () => {
  /** As long as a host is out, nobody is reached from it or reaches it, and it knows that. */
  async function outage(cutOff: (host: string) => boolean): Promise<RoutedNode[]> {
    const hosts = ['a', 'b', 'c'];
    const away = new Set<string>();
    const nodes = await start(hosts, (id) => ({
      transport: { ...cluster.network.transport(id), cutOff: () => away.has(id) && cutOff(id) },
    }));
    const pairs = hosts.flatMap((one) => hosts.filter((other) => one < other).map((other) => [one, other]));
    for (const host of hosts) away.add(host);
    for (const [one, other] of pairs) cluster.network.cut(one!, other!);
    await cluster.clock.advance(20_000);
    for (const host of hosts) {
      away.delete(host);
      for (const [one, other] of pairs)
        if (!away.has(one!) && !away.has(other!)) cluster.network.heal(one!, other!);
      await cluster.clock.advance(failureAfter / 2);
    }
    await cluster.clock.advance(2 * failureAfter);
    return nodes;
  }

  it('blame nobody who comes back a little later', async () => {
    for (const node of await outage(() => true)) {
      expect(members(node)).toEqual(['a', 'b', 'c']);
      expect(await cluster.run(get(node, 0))).toBeUndefined();
    }
  });

  it('remove that one if they do not know that it was they who were cut off', async () => {
    const [a] = await outage(() => false);
    expect(members(a!)).toEqual(['a', 'b']);
  });
});
