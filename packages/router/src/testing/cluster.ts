import type { Clock } from '../clock.ts';
import {
  type JoinOptions,
  join,
  MemoryNetwork,
  type MemoryStoreHub,
  memoryStoreHub,
  type RoutedNode,
} from '../index.ts';
import type { Random } from '../random.ts';
import { ManualClock } from './manual-clock.ts';

export interface TestClusterOptions {
  /** The same seed gives the same run. Default: 1. */
  readonly seed?: number;
  /** Longest delay of a delivery, in ms of the manual clock; each is drawn from the seed. Default: 2. */
  readonly delay?: number;
}

/** A cluster inside this process, over the memory transport, on a manual clock: nothing happens unless time is let pass. */
export class TestCluster {
  readonly clock: ManualClock = new ManualClock();
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly store: MemoryStoreHub;
  readonly nodes: RoutedNode[] = [];
  readonly #clocks = new Map<string, HostClock>();
  #hosts = 0;

  constructor(options: TestClusterOptions = {}) {
    const { seed = 1, delay = 2 } = options;
    this.random = seeded(seed);
    this.network = new MemoryNetwork({ clock: this.clock, delay: () => this.random() * delay });
    this.store = memoryStoreHub({ clock: this.clock });
  }

  /** What a node of this cluster passes to `join`; `host` names it. */
  options(host: string, more: Partial<JoinOptions> = {}): JoinOptions {
    const clock = new HostClock(this.clock);
    this.#clocks.set(host, clock);
    return {
      cluster: 'test',
      id: host,
      store: this.store.open(),
      transport: this.network.transport(host),
      listen: `memory:${host}-${this.#hosts++}`,
      clock,
      random: this.random,
      settle: 10,
      ...more,
    };
  }

  /** Joins a node and lets time pass until it is in the view. */
  async join(host: string, more: Partial<JoinOptions> = {}): Promise<RoutedNode> {
    const node = await this.clock.run(join(this.options(host, more)));
    this.nodes.push(node);
    return node;
  }

  /** Ends a node as `kill -9` would: nothing of it runs any more, its links break, its address refuses. */
  crash(host: string): void {
    this.#clocks.get(host)?.stop();
    this.network.crash(host);
    const at = this.nodes.findIndex((node) => node.id === host);
    if (at >= 0) this.nodes.splice(at, 1);
  }

  /** Lets as much time pass as `work` takes. */
  run<T>(work: T | Promise<T>): Promise<T> {
    return this.clock.run(work);
  }

  /** Closes every node. */
  async close(): Promise<void> {
    for (const node of this.nodes.splice(0)) await this.clock.run(node.close());
  }
}

/** Time as one host has it, until it crashes. */
class HostClock implements Clock {
  readonly #clock: Clock;
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  after(ms: number, task: () => void): ReturnType<Clock['after']> {
    return this.#clock.after(ms, () => {
      if (!this.#stopped) task();
    });
  }

  defer(task: () => void): void {
    this.#clock.defer(() => {
      if (!this.#stopped) task();
    });
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
