import { describe, expect, it } from 'vitest';
import { Acceptors } from '../../src/acceptors.ts';
import { systemClock } from '../../src/clock.ts';
import { Codec } from '../../src/codec.ts';
import type { Reply, Request } from '../../src/frame.ts';
import type { Identity } from '../../src/handshake.ts';
import { defaultLimits } from '../../src/limits.ts';
import { viewStoreSuite } from '../../src/testing/view-store-suite.ts';
import { MemoryNetwork } from '../../src/transports/memory.ts';
import { KeptViews, viewsIdentity } from '../../src/view-stores/kept.ts';
import { memoryStoreHub } from '../../src/view-stores/memory.ts';
import { type StaticNode, staticNodes } from '../../src/view-stores/static-nodes.ts';

const codec = new Codec();

/** Nodes that do nothing but keep views: each has the handlers of its store, and links to the others. */
class Keepers {
  readonly #network = new MemoryNetwork({ clock: systemClock });
  readonly #hub = memoryStoreHub();
  readonly #acceptors: Acceptors[] = [];
  readonly #stores: KeptViews[] = [];

  async start(nodes: readonly StaticNode[], n: number, list = nodes, epoch = 0): Promise<KeptViews> {
    const { id, address } = nodes[n]!;
    const clock = systemClock;
    const self = { id, incarnation: `${id}-1` };
    const shared = {
      clock,
      codec,
      limits: defaultLimits,
      failureAfter: 3_000,
      epoch: () => epoch,
      log: () => {},
    };
    const transport = this.#network.transport(id);
    const store = new KeptViews({
      list: staticNodes(list),
      self,
      place: id === list[0]!.id ? this.#hub.open() : undefined,
      peer: {
        ...shared,
        ...{ self, cluster: 'test', transport },
        ...{
          lacks: () => false,
          heardEpoch: () => {},
          granted: () => {},
          noticed: () => {},
          parted: () => {},
        },
      },
      epoch: () => epoch,
    });
    const acceptors = new Acceptors({
      ...shared,
      self: () => ({ ...viewsIdentity, cluster: 'test' }),
      heardEpoch: () => {},
      grants: () => false,
      hears: () => true,
      serve: (request, caller) => answer(store, request, caller),
      confirm: () => true,
      withdrawn: (_request, reply) => reply,
    });
    await transport.listen(address, (connection) => acceptors.accept(connection));
    this.#acceptors.push(acceptors);
    this.#stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close();
    for (const acceptors of this.#acceptors) acceptors.close();
  }
}

async function answer(store: KeptViews, { handler, args }: Request, caller: Identity): Promise<Reply> {
  const context = {
    hash: 0,
    partitions: [],
    caller: caller.id,
    incarnation: caller.incarnation,
    deadline: 0,
    hint: 0,
    link: undefined,
    note: undefined,
  };
  try {
    const value = await store.handlers[handler]!(context, ...args);
    return { kind: 'result', value };
  } catch (error) {
    return { kind: 'thrown', error };
  }
}

function listOf(count: number): StaticNode[] {
  return Array.from({ length: count }, (_, n) => ({ id: `n${n}`, address: `memory:n${n}` }));
}

viewStoreSuite({ describe, it }, 'of a fixed list, as the others see it', async () => {
  const keepers = new Keepers();
  const nodes = listOf(10);
  const [, ...others] = await Promise.all(nodes.map((_, n) => keepers.start(nodes, n)));
  return { open: () => others.pop()!, close: () => keepers.close() };
});

describe('the views of a fixed list', () => {
  const nodes = listOf(3);

  it('begin once all others have said that they know of none', async () => {
    const keepers = new Keepers();
    const first = await keepers.start(nodes, 0);
    await expect(first.read()).rejects.toThrow(/some are not: n1 at memory:n1: .*; n2 at memory:n2: /);
    await keepers.start(nodes, 1);
    await expect(first.compareAndSet(0, {} as never)).rejects.toThrow();
    await expect(first.read()).rejects.toThrow(/some are not: n2 at memory:n2: /);
    await keepers.start(nodes, 2);
    expect(await first.read()).toBeUndefined();
    await keepers.close();
  });

  it('do not begin again where somebody still goes on with those that were lost', async () => {
    const keepers = new Keepers();
    const first = await keepers.start(nodes, 0);
    await keepers.start(nodes, 1);
    const last = await keepers.start(nodes, 2, nodes, 57);
    for (const store of [first, last])
      await expect(store.read()).rejects.toThrow(
        'the views of this cluster, up to epoch 57, are missing here',
      );
    await keepers.close();
  });

  it.each<[string, readonly StaticNode[], string]>([
    [
      'another address',
      [nodes[0]!, { id: 'n1', address: 'memory:other' }, nodes[2]!],
      'number 2 of the static nodes is n1 at memory:n1 with the weight 1 for n0, and n1 at memory:other with the weight 1 for n2',
    ],
    [
      'another weight',
      [nodes[0]!, { ...nodes[1]!, weight: 2 }, nodes[2]!],
      'number 2 of the static nodes is n1 at memory:n1 with the weight 1 for n0, and n1 at memory:n1 with the weight 2 for n2',
    ],
    [
      'one more node',
      [...nodes, { id: 'n3', address: 'memory:n3' }],
      'number 4 of the static nodes is nobody for n0, and n3 at memory:n3 with the weight 1 for n2',
    ],
  ])('are refused to a node whose list has %s, and it is told', async (_what, other, message) => {
    const keepers = new Keepers();
    await keepers.start(nodes, 0);
    await keepers.start(nodes, 1);
    const stranger = await keepers.start(nodes, 2, other);
    await expect(stranger.read()).rejects.toMatchObject({ code: 'CONFIG_MISMATCH', message });
    await keepers.close();
  });
});

describe('two nodes of which each takes itself for the first of the list', () => {
  it('both refuse to begin', async () => {
    const keepers = new Keepers();
    const nodes = listOf(2);
    const turned = nodes.toReversed();
    const stores = [await keepers.start(nodes, 0), await keepers.start(nodes, 1, turned)];
    for (const store of stores) await expect(store.read()).rejects.toMatchObject({ code: 'CONFIG_MISMATCH' });
    await keepers.close();
  });
});

describe('staticNodes', () => {
  it.each<[string, unknown, string]>([
    ['nothing', [], 'the list'],
    ['no list', 'a', 'the list'],
    ['a node without an id', [{ address: 'memory:a' }], '[0].id'],
    ['a node without an address', [{ id: 'a' }], '[0].address'],
    ['a weight below 0', [{ id: 'a', address: 'memory:a', weight: -1 }], '[0].weight'],
    ['an id twice', [...listOf(2), { id: 'n1', address: 'memory:x' }], '[2]'],
    ['an address twice', [...listOf(2), { id: 'x', address: 'memory:n1' }], '[2]'],
  ])('refuses %s', (_what, list, where) => {
    expect(() => staticNodes(list as StaticNode[])).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(where) }),
    );
  });
});
