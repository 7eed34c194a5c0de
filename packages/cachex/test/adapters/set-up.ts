import { type ClusterCache, type ClusterNode, join } from '../../src/cluster/index.ts';
import { type Cache, createCache } from '../../src/index.ts';
import { Machine, type Worker, type WorkerOptions } from '../cluster/fixtures/machine.ts';

/** Where a cache can live that an adapter is given; it starts when it is first used. */
export interface Place {
  readonly name: string;
  /** An empty cache, as this process sees it. */
  // biome-ignore lint/suspicious/noExplicitAny: each adapter has values of its own.
  open(): Promise<Cache<string, any> | ClusterCache<string, any>>;
  close(): Promise<void>;
}

function inThisProcess(): Place {
  // biome-ignore lint/suspicious/noExplicitAny: each adapter has values of its own.
  const caches: Cache<string, any>[] = [];
  return {
    name: 'in one process',
    async open() {
      // biome-ignore lint/suspicious/noExplicitAny: each adapter has values of its own.
      const cache = createCache<string, any>({ name: `cache-${caches.length + 1}` });
      caches.push(cache);
      return cache;
    },
    async close() {
      for (const cache of caches.splice(0)) cache.close();
    },
  };
}

/** Two processes and this one. */
export class ThreeProcesses implements Place {
  readonly name = 'in three processes';
  readonly #options: WorkerOptions;
  #machine: Machine | undefined;
  #node: ClusterNode | undefined;
  #workers: readonly Worker[] = [];

  constructor(options: WorkerOptions = {}) {
    this.#options = options;
  }

  /** The two others. */
  get workers(): readonly Worker[] {
    return this.#workers;
  }

  // biome-ignore lint/suspicious/noExplicitAny: each adapter has values of its own.
  async open(): Promise<ClusterCache<string, any>> {
    await this.#start();
    const cache = this.#node!.cache<string>('users');
    await cache.clear();
    return cache;
  }

  async close(): Promise<void> {
    await this.#node?.leave({ within: 0 });
    await this.#machine?.stop();
    this.#node = this.#machine = undefined;
  }

  async #start(): Promise<void> {
    if (this.#machine !== undefined) return;
    this.#machine = await Machine.start();
    const { directory } = this.#machine;
    const one = await this.#machine.worker('one', this.#options);
    const two = await this.#machine.worker('two', this.#options);
    this.#workers = [one, two];
    this.#node = await join({ cluster: 'processes', directory, id: 'three', settle: '10ms' });
    this.#node.cache('users');
    await Promise.all([this.#node.ready(), one.do('ready', 3), two.do('ready', 3)]);
  }
}

/** A cache of this process, and one that it shares with two other processes, which own most of the keys. */
export const places: readonly Place[] = [inThisProcess(), new ThreeProcesses()];
