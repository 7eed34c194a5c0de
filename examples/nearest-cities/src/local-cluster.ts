import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Handover } from './messages.ts';
import { type NodeCrash, NodeProcess } from './node-process.ts';

/** For all of them to leave at once, when nothing needs to be kept. */
const CLOSES_WITHIN_MS = 3_000;

export interface ClusterEvents {
  readonly onCrash: (crash: NodeCrash) => void;
  readonly onMoved: (handover: Handover) => void;
}

/** The nodes of the demo, as processes of this machine that meet in a directory of their own. */
export class LocalCluster {
  readonly #directory: string;
  readonly #events: ClusterEvents;
  #nodes: readonly NodeProcess[] = [];
  #serving: readonly NodeProcess[] = [];
  #goneLoads = 0;

  /** The directory's name is short because the path of a Unix socket must be. */
  static async create(events: ClusterEvents): Promise<LocalCluster> {
    return new LocalCluster(await mkdtemp(join(tmpdir(), 'cities-')), events);
  }

  private constructor(directory: string, events: ClusterEvents) {
    this.#directory = directory;
    this.#events = events;
  }

  /** The processes there are now; ask again, for nodes come and go. */
  get nodes(): readonly NodeProcess[] {
    return this.#nodes;
  }

  /** Those of them that may be asked. */
  get serving(): readonly NodeProcess[] {
    return this.#serving;
  }

  /** How often the loader ran on nodes that have left. */
  get goneLoads(): number {
    return this.#goneLoads;
  }

  /** Resolves once the new node holds its share and answers. */
  async add(id: string, port: number): Promise<void> {
    const node = new NodeProcess({ id, directory: this.#directory, port, ...this.#events });
    this.#nodes = [...this.#nodes, node];
    await node.ready;
    this.#serving = [...this.#serving, node];
  }

  /** From now on the node is not asked any more. */
  retire(id: string): void {
    this.#serving = this.#serving.filter((node) => node.id !== id);
  }

  /** Lets the node hand over and leave; answers whether it left in time, by itself. */
  async remove(id: string, withinMs: number): Promise<boolean> {
    const leaving = this.#nodes.find((node) => node.id === id)!;
    const inTime = await leaving.stop(withinMs);
    this.#nodes = this.#nodes.filter((node) => node !== leaving);
    this.#goneLoads += leaving.statistics.loads;
    return inTime;
  }

  async report(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.report()));
  }

  /** Answers the ids of the nodes that did not close in time and had to be killed. */
  async close(): Promise<string[]> {
    const stopped = await Promise.all(
      this.#nodes.map(async (node) => ({ id: node.id, inTime: await node.stop(CLOSES_WITHIN_MS) })),
    );
    await this.#removeDirectory();
    return stopped.filter(({ inTime }) => !inTime).map(({ id }) => id);
  }

  /** Ends everything at once, without a good-bye. */
  async kill(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()));
    await this.#removeDirectory();
  }

  async #removeDirectory(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}
