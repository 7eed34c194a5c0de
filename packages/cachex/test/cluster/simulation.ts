import type { Connection, Transport } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { TestCluster } from '@cachex/router/testing';
import { type ClusterCache, type ClusterNode, type JoinOptions, join } from '../../src/cluster/index.ts';
import type { FunctionMap } from '../../src/index.ts';

export type AnyCache = ClusterCache<Key, unknown, FunctionMap<Key, unknown>>;

/** Nodes in this process on simulated time, with a network that counts what is sent and can go silent. */
export class Simulation {
  readonly cluster: TestCluster = new TestCluster({ seed: 11 });
  readonly nodes: ClusterNode[] = [];
  /** Pieces of bytes handed to the network so far, by anybody. */
  sent = 0;
  /** All bytes handed to the network so far. */
  readonly bytes: Uint8Array[] = [];
  readonly #silent = new Set<string>();

  async join(id: string, options: Partial<JoinOptions> = {}): Promise<ClusterNode> {
    const plain = this.cluster.options(id);
    const node = await this.run(
      join({ ...plain, transport: this.#watched(id, plain.transport!), ...options }),
    );
    this.nodes.push(node);
    return node;
  }

  /** Nodes of these names that each hold their share. */
  async joinAll(...ids: string[]): Promise<ClusterNode[]> {
    const nodes: ClusterNode[] = [];
    for (const id of ids) nodes.push(await this.join(id));
    for (const node of nodes) await this.run(node.ready());
    return nodes;
  }

  /** Lets as much time pass as `work` takes. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.cluster.run(work);
  }

  advance(ms: number): Promise<void> {
    return this.cluster.clock.advance(ms);
  }

  /** From now on nothing that this node sends arrives: it seems to have stopped, and its links stand. */
  silence(id: string, silent = true): void {
    if (silent) this.#silent.add(id);
    else this.#silent.delete(id);
  }

  /** Ends a node as `kill -9` would. */
  crash(id: string): void {
    this.cluster.crash(id);
    this.nodes.splice(
      this.nodes.findIndex((node) => node.id === id),
      1,
    );
  }

  async close(): Promise<void> {
    this.#silent.clear();
    await Promise.all(this.nodes.splice(0).map((node) => this.run(node.close())));
  }

  #watched(id: string, transport: Transport): Transport {
    return {
      name: transport.name,
      listen: (address, accept) =>
        transport.listen(address, (connection) => accept(this.#watch(id, connection))),
      connect: async (address, options) => this.#watch(id, await transport.connect(address, options)),
    };
  }

  #watch(id: string, connection: Connection): Connection {
    return {
      get pending() {
        return connection.pending;
      },
      send: (bytes) => {
        this.sent += 1;
        this.bytes.push(bytes);
        if (!this.#silent.has(id)) connection.send(bytes);
      },
      handle: (handlers) => connection.handle(handlers),
      keepAlive: (active) => connection.keepAlive(active),
      close: () => connection.close(),
    };
  }
}

/** A key that the node of this id owns. */
export function keyOf(node: ClusterNode, id: string): string {
  for (let n = 0; n < 10_000; n += 1) if (node.route(`key-${n}`).owner === id) return `key-${n}`;
  throw new Error(`${id} owns nothing`);
}
