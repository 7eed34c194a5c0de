import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanced, join, type RoutedNode, ring } from '../src/index.ts';
import { TestCluster } from '../src/testing/index.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 21 });
});
afterEach(() => cluster.close());

const partitions = 16;

function start(
  of: TestCluster,
  host: string,
  more: Parameters<TestCluster['options']>[1] = {},
): Promise<RoutedNode> {
  const joining = join(of.options(host, { partitions, ...more }));
  joining.then(
    (node) => of.nodes.push(node),
    () => {},
  );
  return joining;
}

function members(node: RoutedNode): string[] {
  return node.view.members.map(({ id }) => id);
}

describe('nodes that start', () => {
  it('at once, where there is nothing, make one cluster', { timeout: 30_000 }, async () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const fresh = new TestCluster({ seed, delay: seed % 5 });
      fresh.store.loseReplies = seed % 3 === 0;
      const joining = ['a', 'b', 'c'].map((host) => start(fresh, host));
      const nodes = await fresh.run(Promise.all(joining));
      fresh.store.loseReplies = false;
      await fresh.clock.advance(5_000);
      for (const node of nodes) {
        expect(members(node)).toEqual(['a', 'b', 'c']);
        expect(node.view).toEqual(nodes[0]!.view);
      }
      await fresh.close();
    }
  });

  it('at about the same time enter together', async () => {
    const a = await cluster.join('a', { partitions });
    const joining = ['b', 'c', 'd', 'e'].map((host) => start(cluster, host));
    await cluster.clock.advance(1);
    cluster.store.outage = true;
    await cluster.clock.advance(1_000);
    cluster.store.outage = false;
    await cluster.run(Promise.all(joining));
    expect(members(a)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(a.view.epoch).toBe(2);
  });

  it('enter although the store loses its replies', async () => {
    const a = await cluster.join('a', { partitions });
    cluster.store.loseReplies = true;
    const b = await cluster.run(start(cluster, 'b'));
    cluster.store.loseReplies = false;
    expect(members(b)).toEqual(['a', 'b']);
    expect(members(a)).toEqual(['a', 'b']);
  });

  it('enter although the answer to them was lost', async () => {
    await cluster.join('a', { partitions });
    const joining = start(cluster, 'b');
    const store = cluster.store.open();
    while (((await store.read())?.epoch ?? 0) < 2) await cluster.clock.advance(0.1);
    cluster.crash('a');
    const b = await cluster.run(joining);
    await cluster.clock.advance(1_000);
    expect(members(b)).toEqual(['b']);
    expect(b.status().unowned).toBe(0);
  });

  it('during an outage of the store enter once it is over', async () => {
    const a = await cluster.join('a', { partitions });
    cluster.store.outage = true;
    const joining = start(cluster, 'b');
    await cluster.clock.advance(10_000);
    expect(members(a)).toEqual(['a']);
    cluster.store.outage = false;
    expect(members(await cluster.run(joining))).toEqual(['a', 'b']);
  });

  it('while the store goes away in the middle give up in time, and are not in the view later', async () => {
    const a = await cluster.join('a', { partitions });
    const joining = start(cluster, 'b', { joinTimeout: 3_000 });
    await cluster.clock.advance(1);
    cluster.store.outage = true;
    await expect(cluster.run(joining)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(cluster.clock.now()).toBeLessThan(3_200);
    cluster.store.outage = false;
    await cluster.clock.advance(40_000);
    expect(members(a)).toEqual(['a']);
  });

  it('and cannot be reached back are not published', async () => {
    const a = await cluster.join('a', { partitions });
    const joining = start(cluster, 'b', { advertise: 'memory:nowhere', joinTimeout: 2_000 });
    await expect(cluster.run(joining)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(members(a)).toEqual(['a']);
    expect(a.view.epoch).toBe(1);
  });

  it('are published under the address that their listener tells, or that they advertise', async () => {
    const real = cluster.network.transport('a');
    const transport: typeof real = {
      ...real,
      listen: (_address, accept) => real.listen('memory:told', accept),
    };
    const a = await cluster.join('a', { transport });
    expect(a.view.members[0]!.address).toBe('memory:told');
    const { listen } = cluster.options('b');
    const b = await cluster.join('b', { listen: listen!, advertise: listen! });
    expect(b.view.members[1]!.address).toBe(listen);
  });
});

describe('a router', () => {
  it('is the same at every node: one that comes with another is refused, and told both', async () => {
    await cluster.join('a', { partitions, router: ring() });
    for (const router of [ring({ virtualNodes: 64 }), balanced()]) {
      const refused = start(cluster, 'b', { router });
      await expect(cluster.run(refused)).rejects.toMatchObject({
        code: 'CONFIG_MISMATCH',
        message: `router: this cluster was founded with 'ring(128)'; '${router.name}' contradicts that`,
      });
    }
    const c = await cluster.join('c', { router: ring() });
    expect([members(c), c.view.router]).toEqual([['a', 'c'], 'ring(128)']);
  });

  it('is that of whoever lets nodes in where the view does not say', async () => {
    const a = await cluster.join('a', { partitions });
    const { router: _, ...old } = a.view;
    expect(await cluster.store.open().compareAndSet(1, { ...old, epoch: 2 })).toBe(true);
    await cluster.clock.advance(100);
    expect(a.view.router).toBeUndefined();
    await expect(cluster.run(start(cluster, 'b', { router: ring() }))).rejects.toMatchObject({
      code: 'CONFIG_MISMATCH',
    });
    await cluster.join('c');
    expect(a.view.router).toBe('balanced');
  });

  it.each([
    ['without a name', { assign: () => [] }],
    ['with an empty name', { name: '', assign: () => [] }],
    ['that assigns nothing', { name: 'idle' }],
  ])('%s is refused', async (_what, router) => {
    await expect(start(cluster, 'a', { router: router as never })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('router.'),
    });
  });
});

describe('an id', () => {
  it('belongs to the node that runs, whoever comes with it', async () => {
    const a = await cluster.join('a', { partitions });
    const twin = start(cluster, 'a');
    await expect(cluster.run(twin)).rejects.toMatchObject({ code: 'CONFIG_MISMATCH' });
    expect(a.status().members).toMatchObject([{ id: 'a', up: true }]);
  });

  // The link that examines the bearer stands beside the one that the mesh opens to it.
  it('goes to one of two that come with it at once', { timeout: 30_000 }, async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const fresh = new TestCluster({ seed, delay: 3 });
      await fresh.join('a', { partitions });
      await fresh.join('b');
      const twins = [start(fresh, 'x'), start(fresh, 'x')];
      const outcomes = await fresh.run(Promise.allSettled(twins));
      await fresh.clock.advance(1_000);
      const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(running.filter((node) => node.status().members.length === 3)).toHaveLength(1);
      const { incarnation } = fresh.nodes[0]!.view.members.find(({ id }) => id === 'x')!;
      expect(running[0]!.view.members.find(({ id }) => id === 'x')!.incarnation).toBe(incarnation);
      expect(running).toHaveLength(1);
      await fresh.close();
    }
  });

  it('is free again for the next life of a node that was killed', async () => {
    const a = await cluster.join('a', { partitions });
    const b = await cluster.join('b');
    const before = b.view.members[1]!.incarnation;
    cluster.crash('b');
    await cluster.clock.advance(50);
    const again = await cluster.join('b');
    expect(again.view.members[1]!.incarnation).not.toBe(before);
    expect(members(a)).toEqual(['a', 'b']);
  });
});

describe('a cluster whose members', () => {
  it('have all left is founded anew by the next starter, with later epochs and as many partitions', async () => {
    const a = await cluster.join('a', { partitions });
    await cluster.run(a.close());
    const b = await cluster.join('b', { partitions: 64 });
    expect(b.view.epoch).toBeGreaterThan(2);
    expect(b.status()).toMatchObject({ partitions, unowned: 0, members: [{ id: 'b' }] });
  });

  it('are all dead is founded anew by one of many starters', { timeout: 30_000 }, async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const fresh = new TestCluster({ seed });
      for (const host of ['a', 'b', 'c', 'd']) await fresh.join(host, { partitions });
      for (const host of ['a', 'b', 'c', 'd']) fresh.crash(host);
      const nodes = await fresh.run(Promise.all(['a', 'e', 'f'].map((host) => start(fresh, host))));
      await fresh.clock.advance(1_000);
      for (const node of nodes) expect(members(node)).toEqual(['a', 'e', 'f']);
      expect(new Set(nodes.map(({ view }) => view.birth)).size).toBe(1);
      await fresh.close();
    }
  });

  it('are dead but for a silent one is not founded anew: TIMEOUT, naming the silent one', async () => {
    await cluster.join('a', { partitions });
    const frozen = await cluster.join('b');
    const { address } = frozen.view.members[1]!;
    cluster.crash('a');
    cluster.crash('b');
    // Somebody still accepts connections at its address, as the system does for a stopped process, and says nothing.
    await cluster.network.transport('frozen').listen(address, (connection) => {
      connection.handle({ data: () => {}, close: () => {} });
    });
    const joining = start(cluster, 'c', { joinTimeout: 10_000 });
    await expect(cluster.run(joining)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(`b at ${address}`),
    });
    expect((await cluster.store.open().read())?.members.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

describe('what a node is told by another', () => {
  it('never puts a member into the view that is none', async () => {
    const a = await cluster.join('a', { partitions });
    const b = await cluster.join('b');
    await cluster.clock.advance(50);
    const { epoch } = a.view;
    const good = { id: 'x', incarnation: 'x1', address: 'memory:b-1', weight: 1, opened: [] };
    for (const joiner of [
      undefined,
      5,
      {},
      { ...good, weight: Number.NaN },
      { ...good, opened: 'all' },
      { ...good, id: 7 },
    ]) {
      const call = { service: '$cluster', handler: 'join', args: [joiner, null, 3_000] };
      await expect(cluster.run(b.dispatch.callNode('a', call))).rejects.toThrow();
    }
    expect(a.view.epoch).toBe(epoch);
  });
});

describe('a member that an operator forgets', () => {
  it('is taken out, and stops when it goes on and learns of it', async () => {
    const a = await cluster.join('a', { partitions });
    const b = await cluster.join('b');
    const c = await cluster.join('c', { weight: 0.001 });
    await cluster.run(b.ready());
    await cluster.clock.advance(100);
    // The two of them are more than half of the cluster, so that nobody can decide that they are gone.
    for (const id of ['b', 'c']) cluster.pause(id);
    await cluster.clock.advance(30_000);
    expect(a.status().members).toMatchObject([
      { id: 'a' },
      { id: 'b', up: false, partitions: 8 },
      { id: 'c', up: false, partitions: 0 },
    ]);
    await cluster.run(a.forget('c'));
    await cluster.run(a.forget('b'));
    expect(a.status().members).toMatchObject([{ id: 'a', partitions: 16 }]);
    for (const node of [b, c]) {
      const stopped = new Promise((resolve) => node.on('error', resolve));
      cluster.resume(node.id);
      expect(await cluster.run(stopped)).toMatchObject({ code: 'FENCED' });
    }
    expect(a.status().members).toMatchObject([{ id: 'a', partitions: 16 }]);
  });

  // As above: right after it has entered, the member that runs is taken for silent.
  it('is kept if it can be reached, and is never the node itself', async () => {
    const a = await cluster.join('a', { partitions });
    await cluster.join('b');
    for (const id of ['a', 'b']) {
      await expect(cluster.run(a.forget(id))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    await cluster.run(a.forget('nobody'));
    expect(members(a)).toEqual(['a', 'b']);
  });
});
