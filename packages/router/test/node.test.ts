import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { join } from '../src/index.ts';
import { TestCluster } from '../src/testing/index.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 7 });
});
afterEach(() => cluster.close());

const echo = { handlers: { echo: (_context: unknown, ...args: unknown[]) => args } };

describe('a cluster', () => {
  it('is founded by the first node, which owns everything', async () => {
    const a = await cluster.join('a');
    expect(a.status()).toMatchObject({ epoch: 1, partitions: 4096, unowned: 0, moving: 0 });
    expect(a.status().members).toMatchObject([{ id: 'a', partitions: 4096 }]);
  });

  it('spreads its partitions evenly over the nodes that join', async () => {
    const a = await cluster.join('a');
    const b = await cluster.join('b');
    const c = await cluster.join('c');
    for (const node of [a, b, c]) await cluster.run(node.ready());
    await cluster.clock.advance(100);
    for (const node of [a, b, c]) {
      expect(
        node
          .status()
          .members.map(({ partitions }) => partitions)
          .sort(),
      ).toEqual([1365, 1365, 1366]);
    }
  });

  it('routes a call to the owner of the key, whoever makes it', async () => {
    const nodes = [await cluster.join('a'), await cluster.join('b'), await cluster.join('c')];
    const opened = nodes.map((node) =>
      node.open('where', { handlers: { here: ({ hash }: { hash: number }) => [node.id, hash] } }),
    );
    await cluster.run(Promise.all(opened));
    await cluster.clock.advance(100);
    const owners = new Set<string>();
    for (let n = 0, hash = 0; n < 64; n += 1, hash = (hash + 0x9e3779b1) >>> 0) {
      const owner = nodes[0]!.view.owners[hash % 4096];
      for (const node of nodes) {
        const call = { service: 'where', handler: 'here', args: [] };
        expect(await cluster.run(node.dispatch.call(hash, call))).toEqual([owner, hash]);
      }
      owners.add(owner!);
    }
    expect([...owners].sort()).toEqual(['a', 'b', 'c']);
  });

  it('holds a call for a service that the owner has yet to open', async () => {
    const a = await cluster.join('a');
    await cluster.run(a.open('echo', echo));
    const b = await cluster.join('b');
    const call = a.dispatch.callNode('b', { service: 'echo', handler: 'echo', args: ['hello'] });
    await cluster.clock.advance(500);
    await cluster.run(b.open('echo', echo));
    expect(await cluster.run(call)).toEqual(['hello']);
  });

  it('says that the owner has yet to open the service, where that is why nobody has answered', async () => {
    const a = await cluster.join('a');
    await cluster.run(a.open('echo', echo));
    await cluster.join('b');
    const call = (service: string): Promise<unknown> =>
      a.dispatch.callNode('b', { service, handler: 'echo', args: [], timeout: 100 });
    const why =
      "b did not answer in time: it has yet to open 'echo'; open what is shared as soon as a node has joined";
    await expect(cluster.run(call('echo'))).rejects.toThrow(why);
    await expect(cluster.run(call('nothing'))).rejects.toThrow(/b did not answer in time$/);
  });

  it('sends a call on that waits for a service its owner leaves without opening', async () => {
    const a = await cluster.join('a');
    const b = await cluster.join('b');
    for (const node of [a, b]) await cluster.run(node.ready());
    await cluster.clock.advance(100);
    const opened = a.open('echo', echo);
    const hash = a.view.owners.indexOf('b');
    const call = a.dispatch.call(hash, { service: 'echo', handler: 'echo', args: ['hello'] });
    const all = a.dispatch.callAll({ service: 'echo', handler: 'echo', args: ['all'] });
    await cluster.run(opened);
    await cluster.clock.advance(10);
    const began = cluster.clock.now();
    void b.leave();
    expect(await cluster.run(call)).toEqual(['hello']);
    expect((await cluster.run(all)).map(({ value }) => value)).toContainEqual(['all']);
    expect(cluster.clock.now() - began).toBeLessThan(1_000);
  });

  it('refuses a second node of the same id while the first one runs', async () => {
    await cluster.join('a');
    const twin = join(cluster.options('a'));
    await expect(cluster.run(twin)).rejects.toMatchObject({ code: 'CONFIG_MISMATCH' });
  });

  it('gives the partitions of a node that crashed to the others, at once', async () => {
    const a = await cluster.join('a');
    await cluster.join('b');
    await cluster.run(cluster.nodes[1]!.ready());
    cluster.crash('b');
    await cluster.clock.advance(100);
    expect(a.status().members).toMatchObject([{ id: 'a', partitions: 4096 }]);
  });

  it('starts again at the next epoch when every member has crashed', async () => {
    const a = await cluster.join('a');
    await cluster.join('b');
    await cluster.clock.advance(100);
    const { birth, epoch } = a.view;
    cluster.crash('a');
    cluster.crash('b');
    const started = cluster.clock.now();
    const again = await cluster.join('a');
    expect(cluster.clock.now() - started).toBeLessThan(1_000);
    expect(again.view.epoch).toBe(epoch + 1);
    expect(again.view.birth).not.toBe(birth);
    expect(again.status().members).toMatchObject([{ id: 'a', partitions: 4096 }]);
  });

  it('goes on without a node that left', async () => {
    const a = await cluster.join('a');
    const b = await cluster.join('b');
    await cluster.run(b.ready());
    await cluster.run(b.close());
    expect(a.status().members).toMatchObject([{ id: 'a', partitions: 4096 }]);
  });
});
