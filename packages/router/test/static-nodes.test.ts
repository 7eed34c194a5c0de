import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JoinOptions, type RoutedNode, type StaticNode, staticNodes } from '../src/index.ts';
import { TestCluster } from '../src/testing/index.ts';
import { type MemoryStoreHub, memoryStoreHub } from '../src/view-stores/memory.ts';
import { box } from './box.ts';

const partitions = 16;
const every = Array.from({ length: partitions }, (_, hash) => hash);
const list: readonly StaticNode[] = ['a', 'b', 'c'].map((id) => ({ id, address: `memory:${id}` }));

let cluster: TestCluster;
/** The disk of the first node. */
let disk: MemoryStoreHub;
beforeEach(() => {
  cluster = new TestCluster({ seed: 9 });
  disk = memoryStoreHub({ clock: cluster.clock });
});
afterEach(() => cluster.close());

async function enter(id: string, more: Partial<JoinOptions> = {}, nodes = list): Promise<RoutedNode> {
  const store = staticNodes(nodes, { store: disk.open() });
  const { address } = nodes.find((node) => node.id === id) ?? { address: 'memory:nowhere' };
  const node = await cluster.enter(id, { store, listen: address, partitions, ...more });
  await node.open('box', box(node));
  return node;
}

/** All nodes of the list, once each has its share. */
async function start(more: Partial<JoinOptions> = {}, nodes = list): Promise<RoutedNode[]> {
  const entered = await cluster.run(Promise.all(nodes.map(({ id }) => enter(id, more, nodes))));
  await settled();
  return entered;
}

async function settled(): Promise<void> {
  const rests = (): boolean =>
    cluster.nodes.every((node) => node.status().moving === 0 && node.status().underReplicated === 0);
  for (let tries = 0; tries === 0 || !rests(); tries += 1) {
    expect(tries).toBeLessThan(100);
    await cluster.clock.advance(200);
  }
}

function put(node: RoutedNode, value: string, hashes: readonly number[] = every): Promise<unknown> {
  const call = { service: 'box', handler: 'put', args: [value] };
  return cluster.run(Promise.all(hashes.map((hash) => node.dispatch.call(hash, call))));
}

function get(node: RoutedNode, hash: number, timeout = 2_000): Promise<unknown> {
  const call = { service: 'box', handler: 'get', args: [], repeatable: true, timeout };
  return cluster.run(node.dispatch.call(hash, call));
}

async function found(node: RoutedNode): Promise<unknown[]> {
  return Promise.all(every.map((hash) => get(node, hash)));
}

/** The partitions that a node owns, as another one sees it. */
function of(id: string, seen: RoutedNode): number[] {
  return every.filter((hash) => seen.view.owners[hash] === id);
}

function members(node: RoutedNode): string[] {
  return node.view.members.map(({ id }) => id);
}

function cutOff(id: string): void {
  for (const other of list) if (other.id !== id) cluster.network.cut(id, other.id);
}

function heal(id: string): void {
  for (const other of list) if (other.id !== id) cluster.network.heal(id, other.id);
}

describe('a fixed list of nodes', () => {
  it('is a cluster, without a server, once all of them are there', async () => {
    const [a, b, c] = await start();
    for (const node of [a!, b!, c!]) expect(members(node)).toEqual(['a', 'b', 'c']);
    await put(b!, 'kept');
    expect(await found(c!)).toEqual(every.map(() => 'kept'));
    expect(a!.view.members.map(({ address }) => address)).toEqual(['memory:a', 'memory:b', 'memory:c']);
    expect(['a', 'b', 'c'].map((id) => of(id, a!).length).sort()).toEqual([5, 5, 6]);
  });

  it('says how much each node takes', async () => {
    const [a] = await start(
      {},
      list.map((node, n) => ({ ...node, weight: [1, 0, 3][n]! })),
    );
    expect(['a', 'b', 'c'].map((id) => of(id, a!).length)).toEqual([4, 0, 12]);
  });

  it('waits for all when it begins, and names who is missing', async () => {
    const joining = enter('a', { joinTimeout: 2_000 });
    enter('b', { joinTimeout: 4_000 }).catch(() => {});
    await expect(cluster.run(joining)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(
        /a cluster begins when all of its list are there, and some are not: c at memory:c: [^;]*$/,
      ),
    });
    await cluster.clock.advance(5_000);
    await start();
  });

  it('is refused where it differs, when it begins and later, and both are told', async () => {
    const other = list.map((node, n) => (n === 1 ? { ...node, weight: 2 } : node));
    const mismatch = {
      code: 'CONFIG_MISMATCH',
      message: expect.stringMatching(/^number 2 of the static nodes is b at memory:b with the weight /),
    };
    const joining = [enter('a'), enter('c', {}, other)];
    enter('b').catch(() => {});
    const outcomes = await cluster.run(Promise.allSettled(joining));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: mismatch });
    await cluster.clock.advance(40_000);
    const [, , c] = await start();
    await cluster.run(c!.leave());
    cluster.nodes.splice(cluster.nodes.indexOf(c!), 1);
    await expect(cluster.run(enter('c', {}, other))).rejects.toMatchObject(mismatch);
  });

  it('is entered by nobody else', async () => {
    const stranger = enter('d');
    await expect(cluster.run(stranger)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('a, b, c'),
    });
  });
});

describe('a node of a fixed list that starts again', () => {
  it('begins with nothing, and what it had is known to be gone', async () => {
    const [a] = await start();
    await put(a!, 'kept');
    const [mine, before] = [of('b', a!), a!.view];
    cluster.crash('b');
    const b = await cluster.run(enter('b'));
    await settled();
    expect(members(a!)).toEqual(['a', 'b', 'c']);
    expect(b.incarnation).not.toBe(before.members[1]!.incarnation);
    for (const hash of every) {
      expect(await get(b, hash)).toBe(mine.includes(hash) ? undefined : 'kept');
      const anew = a!.view.origins[hash]! > before.origins[hash]!;
      expect(anew).toBe(mine.includes(hash));
    }
  });

  it('finds everything if there are backups', async () => {
    const [a] = await start({ backups: 1 });
    for (const [n, { id }] of list.entries()) {
      const caller = cluster.nodes.find((node) => node.id !== id)!;
      await put(caller, `round ${n}`);
      cluster.crash(id);
      const back = await cluster.run(enter(id, { backups: 1 }));
      await settled();
      expect(await found(back)).toEqual(every.map(() => `round ${n}`));
    }
    expect(members(cluster.nodes[0]!)).toEqual(['a', 'b', 'c']);
    expect(a).toBeDefined();
  });

  it('loses nothing if it has left before, whichever it is', async () => {
    await start();
    await put(cluster.nodes[0]!, 'kept');
    for (const { id } of list) {
      const node = cluster.nodes.find((each) => each.id === id)!;
      expect(await cluster.run(node.leave())).toMatchObject({ lost: 0 });
      cluster.nodes.splice(cluster.nodes.indexOf(node), 1);
      const back = await cluster.run(enter(id));
      await settled();
      expect(await found(back)).toEqual(every.map(() => 'kept'));
    }
  });
});

describe('all nodes of a fixed list', () => {
  it('can leave at the same time: the first one stays until the others are gone', async () => {
    const nodes = await start();
    const idle = (): Promise<void> => new Promise((resolve) => void cluster.clock.after(6_000, resolve));
    for (const node of nodes)
      await cluster.run(node.open('slow', { handlers: {}, ...(node.id === 'a' ? {} : { idle }) }));
    const before = cluster.clock.now();
    await cluster.run(Promise.all(nodes.map((node) => node.leave())));
    cluster.nodes.length = 0;
    expect(cluster.clock.now() - before).toBeLessThan(8_000);
    expect(disk.newest!.members).toEqual([]);
  });
});

describe('while the first node of a fixed list is away', () => {
  it('the others go on, and nobody takes over from anybody', async () => {
    const [a, b, c] = await start();
    await put(a!, 'kept');
    const before = b!.view;
    cluster.crash('a');
    await cluster.clock.advance(60_000);
    const theirs = [...of('b', b!), ...of('c', b!)];
    await put(b!, 'later', theirs);
    for (const hash of theirs) expect(await get(c!, hash)).toBe('later');
    await expect(get(c!, of('a', b!)[0]!)).rejects.toMatchObject({ code: 'NODE_DOWN' });
    expect([b!.view, c!.view]).toEqual([before, before]);
    const back = await cluster.run(enter('a'));
    await settled();
    expect([back.view.birth, members(back)]).toEqual([before.birth, ['a', 'b', 'c']]);
    expect(back.view.epoch).toBeGreaterThan(before.epoch);
    for (const hash of theirs) expect(await get(back, hash)).toBe('later');
  });

  it('who is left alone stops, as it cannot know whether it is the one that is cut off', async () => {
    const pair = list.slice(0, 2);
    const [, b] = await start({}, pair);
    await put(b!, 'kept');
    const [own] = of('b', b!);
    cluster.crash('a');
    await cluster.clock.advance(10_000);
    expect(b!.owns(own!)).toBe(false);
    await cluster.run(enter('a', {}, pair));
    await settled();
    expect(await get(b!, own!)).toBe('kept');
  });
});

describe('a node of a fixed list that is cut off', () => {
  it('stops before others have what it owned, and learns that it was removed', async () => {
    const [a, , c] = await start({ backups: 1 });
    await put(a!, 'before');
    const errors: unknown[] = [];
    const taken = of('c', a!);
    c!.on('error', (error) => errors.push(error));
    cutOff('c');
    while (
      a!.view.members.length === 3 ||
      !taken.every((hash) => a!.owns(hash) || cluster.nodes[1]!.owns(hash))
    ) {
      for (const hash of every) {
        const owners = cluster.nodes.filter((node) => node.owns(hash));
        expect(owners.length).toBeLessThan(2);
      }
      await cluster.clock.advance(10);
    }
    await put(a!, 'after');
    heal('c');
    await cluster.clock.advance(10_000);
    expect(errors).toMatchObject([{ code: 'FENCED' }]);
    cluster.nodes.splice(cluster.nodes.indexOf(c!), 1);
    const back = await cluster.run(enter('c', { backups: 1 }));
    await settled();
    expect(await found(back)).toEqual(every.map(() => 'after'));
  });

  it('goes on if it is the first one, and so do the others', async () => {
    const [a, b, c] = await start();
    await put(a!, 'kept');
    const before = a!.view;
    cutOff('a');
    await cluster.clock.advance(30_000);
    for (const node of [a!, b!, c!])
      for (const hash of of(node.id, node)) expect(await get(node, hash)).toBe('kept');
    heal('a');
    await cluster.clock.advance(5_000);
    for (const node of [a!, b!, c!]) expect(node.view.birth).toBe(before.birth);
    expect(await found(c!)).toEqual(every.map(() => 'kept'));
  });
});

describe('when all nodes of a fixed list start again', () => {
  it('they are a new cluster, which begins after the earlier one', async () => {
    const [a] = await start();
    await put(a!, 'kept');
    const { birth, epoch } = a!.view;
    for (const { id } of list) cluster.crash(id);
    const [, b] = await start();
    expect(b!.view.birth).not.toBe(birth);
    expect(b!.view.epoch).toBeGreaterThan(epoch);
    expect(await found(b!)).toEqual(every.map(() => undefined));
  });

  it('and the first one finds but earlier views, it does not begin anew while others go on with later ones', async () => {
    const [a] = await start();
    const earlier = a!.view;
    for (const id of ['b', 'c']) {
      cluster.crash(id);
      await cluster.run(enter(id));
      await settled();
    }
    cluster.crash('a');
    disk = memoryStoreHub({ clock: cluster.clock });
    await disk.open().compareAndSet(0, earlier);
    const said: string[] = [];
    const say = (message: string): void => void said.push(message);
    const logger = { debug: say, info: say, warn: say, error: say };
    const refused = enter('a', { joinTimeout: 2_000, logger });
    await expect(cluster.run(refused)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(said.some((message) => message.includes('are missing here'))).toBe(true);
    expect(disk.newest).toEqual(earlier);
  });

  it('and the views were lost, they begin once nobody goes on with those', async () => {
    const [a] = await start();
    const { birth } = a!.view;
    for (const id of ['a', 'c']) cluster.crash(id);
    disk = memoryStoreHub({ clock: cluster.clock });
    enter('c', { joinTimeout: 4_000 }).catch(() => {});
    await expect(cluster.run(enter('a', { joinTimeout: 2_000 }))).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('are missing here'),
    });
    await cluster.clock.advance(5_000);
    cluster.crash('b');
    const [, b] = await start();
    expect(b!.view.birth).not.toBe(birth);
  });
});

describe('whatever happens to the nodes of a fixed list', () => {
  const seeds = Number(process.env.SEEDS ?? 4);

  /** Lets time pass and looks at every partition all the while. */
  async function watch(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10) {
      for (const hash of every) {
        const owners = cluster.nodes.filter((node) => node.owns(hash)).map(({ id }) => id);
        expect(owners.length, `${hash} is answered for by ${owners}`).toBeLessThan(2);
      }
      await cluster.clock.advance(10);
    }
  }

  it('no partition has two owners that answer, and they find together again', {
    timeout: 3_600_000,
  }, async () => {
    for (let seed = 1; seed <= seeds; seed += 1) {
      cluster = new TestCluster({ seed, drift: 0.05 });
      disk = memoryStoreHub({ clock: cluster.clock });
      const quick = { failureAfter: 300, joinTimeout: 5_000, backups: seed % 2 };
      await start(quick);
      const draw = (from: number): number => Math.floor(cluster.random() * from);
      const joining = new Set<string>();
      const restart = (id: string): void => {
        cluster.crash(id);
        joining.add(id);
        enter(id, quick)
          .catch(() => {})
          .finally(() => joining.delete(id));
      };
      for (let step = 0; step < 15; step += 1) {
        const { id } = list[draw(3)]!;
        const node = cluster.nodes.find((each) => each.id === id);
        const what = draw(5);
        if (what === 0) cutOff(id);
        else if (what === 1) for (const each of list) heal(each.id);
        else if (what === 2 && !joining.has(id)) restart(id);
        else if (what === 3 && node !== undefined) cluster.pause(id);
        else for (const each of list) cluster.resume(each.id);
        await watch(20 + draw(600));
      }
      for (const each of list) {
        heal(each.id);
        cluster.resume(each.id);
      }
      await watch(6_000);
      // Who was removed has ended, and who could not enter has given up.
      const inForce = disk.newest!.members.map(({ incarnation }) => incarnation);
      for (const { id } of list) {
        const node = cluster.nodes.find((each) => each.id === id);
        if (node === undefined || !inForce.includes(node.incarnation)) restart(id);
      }
      await watch(6_000);
      await settled();
      expect(cluster.nodes.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
      for (const node of cluster.nodes) expect([node.id, members(node)]).toEqual([node.id, ['a', 'b', 'c']]);
      await cluster.close();
    }
  });
});
