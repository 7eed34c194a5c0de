import type { Clock, Timer } from '../clock.ts';
import { RoutedNode } from '../node.ts';
import { type JoinOptions, settle } from '../options.ts';
import type { Random } from '../random.ts';
import { allSafeguards, type Safeguards } from '../safeguards.ts';
import { MemoryNetwork } from '../transports/memory.ts';
import type { ViewStore } from '../view-store.ts';
import { type MemoryStoreHub, memoryStoreHub } from '../view-stores/memory.ts';
import { ManualClock } from './manual-clock.ts';

export interface TestClusterOptions {
  /** The same seed gives the same run. Default: 1. */
  readonly seed?: number;
  /** Longest delay of a delivery, in ms of the manual clock; each is drawn from the seed. Default: 2. */
  readonly delay?: number;
  /** Longest delay before and after an operation of the view store takes effect. Default: 0. */
  readonly storeDelay?: number;
  /**
   * How much faster or slower than true time the clock of a host may run: 0.05 is up to 5 %. Each host's rate is drawn
   * from the seed, and so is where its `now()` begins. Default: 0, all hosts share one time.
   */
  readonly drift?: number;
  /** Mechanisms to turn off, to show that they are needed. */
  readonly without?: readonly (keyof Safeguards)[];
}

/** A cluster inside this process, over the memory transport, on a manual clock: nothing happens unless time is let pass. */
export class TestCluster {
  readonly clock: ManualClock = new ManualClock();
  readonly random: Random;
  readonly network: MemoryNetwork;
  readonly store: MemoryStoreHub;
  readonly nodes: RoutedNode[] = [];
  readonly #clocks = new Map<string, HostClock>();
  readonly #storeDelay: number;
  readonly #drift: number;
  readonly #safeguards: Safeguards;
  #hosts = 0;

  constructor(options: TestClusterOptions = {}) {
    const { seed = 1, delay = 2, storeDelay = 0, drift = 0, without = [] } = options;
    this.#storeDelay = storeDelay;
    this.#drift = drift;
    this.#safeguards = { ...allSafeguards, ...Object.fromEntries(without.map((name) => [name, false])) };
    this.random = seeded(seed);
    this.network = new MemoryNetwork({ clock: this.clock, delay: () => this.random() * delay });
    this.store = memoryStoreHub({ clock: this.clock });
  }

  /** What a node of this cluster passes to `join`; `host` names it. */
  options(host: string, more: Partial<JoinOptions> = {}): JoinOptions {
    const clock = new HostClock(this.clock, this.#drift > 0 ? this.#drawTime() : {});
    this.#clocks.set(host, clock);
    return {
      cluster: 'test',
      id: host,
      store: delayed(this.store.open(), clock, () => this.random() * this.#storeDelay),
      transport: this.network.transport(host),
      listen: `memory:${host}-${this.#hosts++}`,
      clock,
      random: this.random,
      settle: 10,
      ...more,
    };
  }

  /** Joins a node and lets time pass until it is in the view. */
  join(host: string, more: Partial<JoinOptions> = {}): Promise<RoutedNode> {
    return this.clock.run(this.enter(host, more));
  }

  /** Joins a node, in whatever time passes. */
  async enter(host: string, more: Partial<JoinOptions> = {}): Promise<RoutedNode> {
    const node = new RoutedNode(settle(this.options(host, more), this.#safeguards));
    await node.enter();
    this.nodes.push(node);
    return node;
  }

  /** Stops a node as SIGSTOP would: nothing of it runs and nothing reaches it, but its links stand. */
  pause(host: string): void {
    this.#clocks.get(host)?.pause();
    this.network.pause(host);
  }

  /** Lets a stopped node go on, with all that has waited for it. */
  resume(host: string): void {
    this.#clocks.get(host)?.resume();
    this.network.resume(host);
  }

  /** Ends a node as `kill -9` would: nothing of it runs any more, its links break, its address refuses. */
  crash(host: string): void {
    this.#clocks.get(host)?.crash();
    this.network.crash(host);
    // A host may have run more than one node, one after another.
    for (const node of this.nodes.filter(({ id }) => id === host))
      this.nodes.splice(this.nodes.indexOf(node), 1);
  }

  /** Moves the wall clock of one host, forwards or back; its `now()` and its timers do not care. */
  stepWallTime(host: string, ms: number): void {
    this.#clocks.get(host)?.stepWallTime(ms);
  }

  /** Lets as much time pass as `work` takes. */
  run<T>(work: T | Promise<T>): Promise<T> {
    return this.clock.run(work);
  }

  /** Closes every node. */
  async close(): Promise<void> {
    for (const node of this.nodes.splice(0)) await this.clock.run(node.close());
  }

  /** Hosts that were started a moment ago stand beside some that have been up for days. */
  #drawTime(): HostTime {
    return { rate: 1 + this.#drift * (2 * this.random() - 1), start: 10 ** (9 * this.random()) };
  }
}

interface HostTime {
  /** How much of the host's time passes in one ms of true time. Default: 1. */
  readonly rate?: number;
  /** What `now()` says at first. Default: the same as true time, which needs a rate of 1. */
  readonly start?: number;
}

/**
 * Time as one host has it: it may run fast or slow and begin anywhere, stands still for a while if told to, and ends when
 * the host crashes.
 */
class HostClock implements Clock {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #origin: number;
  /** What `now()` is ahead of true time, but for the rate. */
  readonly #offset: number;
  #crashed = false;
  #held: (() => void)[] | undefined;
  /** A timer that has fired is not early, however its time was rounded on the way. */
  #reached = Number.NEGATIVE_INFINITY;
  #wallStep = 0;

  constructor(clock: Clock, { rate = 1, start }: HostTime = {}) {
    this.#clock = clock;
    this.#rate = rate;
    this.#origin = clock.now();
    this.#offset = start === undefined ? 0 : start - this.#origin * rate;
  }

  now(): number {
    return Math.max(this.#reached, this.#offset + this.#clock.now() * this.#rate);
  }

  wallTime(): number {
    const ahead = (this.#clock.now() - this.#origin) * (this.#rate - 1);
    return this.#clock.wallTime() + ahead + this.#wallStep;
  }

  stepWallTime(ms: number): void {
    this.#wallStep += ms;
  }

  after(ms: number, task: () => void): Timer {
    let cancelled = false;
    const due = this.now() + ms;
    const timer = this.#clock.after(ms / this.#rate, () => {
      this.#reached = Math.max(this.#reached, due);
      this.#run(() => {
        if (!cancelled) task();
      });
    });
    return {
      cancel() {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  defer(task: () => void): void {
    this.#clock.defer(() => this.#run(task));
  }

  crash(): void {
    this.#crashed = true;
    this.#held = undefined;
  }

  pause(): void {
    this.#held ??= [];
  }

  resume(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const task of held) this.#run(task);
  }

  #run(task: () => void): void {
    if (this.#crashed) return;
    if (this.#held === undefined) task();
    else this.#held.push(task);
  }
}

/** A view store that takes its time, as its host has it: an operation of a host that crashes meanwhile has no effect. */
function delayed(store: ViewStore, clock: Clock, delay: () => number): ViewStore {
  const pause = (): Promise<void> => {
    const ms = delay();
    return ms === 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(ms, resolve));
  };
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    await pause();
    const result = await work();
    await pause();
    return result;
  };
  return {
    read: () => around(() => store.read()),
    compareAndSet: (expected, next) => around(() => store.compareAndSet(expected, next)),
    watch: (changed) => store.watch(() => clock.defer(changed)),
    close: () => store.close(),
  };
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
