import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NodeCrash, NodeProcess } from './node-process.ts';

/** The nodes of the demo, as processes of this machine that meet in a directory of their own. */
export class LocalCluster {
  readonly #directory: string;
  readonly #onCrash: (crash: NodeCrash) => void;
  #nodes: NodeProcess[] = [];

  /** The directory's name is short because the path of a Unix socket must be. */
  static async create(onCrash: (crash: NodeCrash) => void): Promise<LocalCluster> {
    return new LocalCluster(await mkdtemp(join(tmpdir(), 'cities-')), onCrash);
  }

  private constructor(directory: string, onCrash: (crash: NodeCrash) => void) {
    this.#directory = directory;
    this.#onCrash = onCrash;
  }

  /** The nodes that are part of the cluster now; ask again, for nodes come and go. */
  get nodes(): readonly NodeProcess[] {
    return this.#nodes;
  }

  /** Resolves once the new node holds its share and answers. */
  async add(id: string, port: number): Promise<void> {
    const node = new NodeProcess({ id, directory: this.#directory, port, onCrash: this.#onCrash });
    this.#nodes = [...this.#nodes, node];
    await node.ready;
  }

  async report(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.report()));
  }

  /** Answers the ids of the nodes that did not close in time and had to be killed. */
  async close(): Promise<string[]> {
    const stopped = await Promise.all(
      this.#nodes.map(async (node) => ({ id: node.id, inTime: await node.stop() })),
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
