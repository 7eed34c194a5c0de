import type { Logger } from '@cachex/router';
import type { TestCluster } from '@cachex/router/testing';
import { type ClusterCache, ClusterNode } from '../../src/cluster/index.ts';
import { type Plan, routers } from './plan.ts';

export const partitions = 16;

export type Loads = ClusterCache<number, number, Record<string, (key: number) => Promise<number>>>;

/** A node of the simulated cluster. */
export interface Host {
  readonly id: string;
  readonly node: ClusterNode;
  readonly cache: Loads;
  /** A second cache, which each node opens at some time after it has joined. */
  late: ClusterCache<number, number> | undefined;
  /** Resolves when nothing of this host is waited for any more. */
  readonly gone: Promise<void>;
  go(): void;
  running: boolean;
}

export interface HostsOptions {
  readonly plan: Plan;
  readonly cluster: TestCluster;
  readonly random: () => number;
  /** The loaders of the first cache, as they run at a host. */
  functions(id: string): Record<string, (key: number) => Promise<number>>;
  happened(what: 'joins' | 'leaves' | 'crashes' | 'removals' | 'moves', times: number): void;
  /** A host is gone, and nobody but the cluster knows: it crashed, or it was removed while it lived. */
  fell(id: string): void;
}

/** In runs where nodes suspect each other: short enough for it to happen, long against the delay of a message. */
const quick = { failureAfter: 60, timeout: 400, joinTimeout: 600 };

/** The nodes of a simulated cluster: how they come and go. */
export class Hosts {
  readonly #options: HostsOptions;
  readonly #all: Host[] = [];
  /** Those that are on their way in. */
  readonly #joining = new Map<string, () => void>();
  readonly #ended: string[] = [];
  #names = 0;

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  get all(): readonly Host[] {
    return this.#all;
  }

  get running(): readonly Host[] {
    return this.#all.filter(({ running }) => running);
  }

  /** Whether nobody is on the way in or out, and everybody has opened everything. */
  get calm(): boolean {
    const caches = 2;
    const members = this.#all.flatMap(({ node }) => node.nodes());
    return (
      this.#joining.size === 0 &&
      this.#all.every(({ running }) => running) &&
      members.length === this.#all.length ** 2 &&
      members.every(({ opened, weight }) => opened.length === caches && weight > 0)
    );
  }

  /**
   * Whether every owner has all its copies in sync, as it knows itself. The view names one that was refused, as by a node
   * that had yet to open what was written to, until its owner has taken it out. Who dies meanwhile loses nothing by that; but
   * who is cut off goes on doing so, as the others heard it after it found out, and is removed without a copy.
   */
  get synced(): boolean {
    return this.running.every(({ node }) => node.status().underReplicated === 0);
  }

  /** One that runs, at random. */
  pick(): Host {
    return this.running[Math.floor(this.#options.random() * this.running.length)]!;
  }

  /** Somebody joins: a new node, or one of those that ended comes back under its id. */
  async join(): Promise<void> {
    const { plan, cluster, random, functions, happened } = this.#options;
    const back = random() < 0.3 ? this.#ended.shift() : undefined;
    this.#names += 1;
    const id = back ?? `n${this.#names}`;
    const concurrency = 1 + Math.floor(random() * 3);
    const bytesPerSecond = random() < 0.3 ? 5_000 + random() * 50_000 : Number.POSITIVE_INFINITY;
    const moves = { concurrency, bytesPerSecond };
    const hasty = plan.blocks ? quick : {};
    const options = {
      partitions,
      moves,
      backups: plan.backups,
      router: routers[plan.router](),
      ...(plan.deploys ? { build: Math.ceil(this.#names / 3) } : {}),
      ...hasty,
      ...this.#logging(),
    };
    const given = new Promise<undefined>((resolve) => this.#joining.set(id, () => resolve(undefined)));
    // It may crash on its way, or find nobody who lets it in.
    const entered = cluster.enter(id, options).catch((error: unknown) => {
      if (plan.crashes === 'never' && !plan.blocks) throw error;
      this.#ended.push(id);
      return undefined;
    });
    const routed = await Promise.race([entered, given]);
    this.#joining.delete(id);
    if (routed === undefined) return;
    const node = new ClusterNode(routed);
    happened('joins', 1);
    node.on('moved', ({ partitions: some }) => happened('moves', some.length));
    let go = (): void => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    const cache = node.cache('simulated', { functions: functions(id) });
    const host: Host = {
      id,
      node,
      cache: cache as unknown as Loads,
      late: undefined,
      gone,
      go,
      running: true,
    };
    this.#all.push(host);
    node.on('error', (error) => {
      const { code } = error as { code?: string };
      if (code !== 'CLOSED' && code !== 'FENCED') return;
      happened('removals', 1);
      this.#fall(host);
    });
    cluster.clock.after(random() * 60, () => {
      if (host.running) host.late = node.cache<number, number>('late', { backups: plan.lateBacked });
    });
  }

  /** A node leaves; `within` so many ms. Answers how many partitions it reports as lost, unless it dies on its way. */
  async leave(host: Host, within: number | '30s'): Promise<number | undefined> {
    const { cluster } = this.#options;
    host.running = false;
    cluster.resume(host.id);
    const left = await Promise.race([host.node.leave({ within }), host.gone.then(() => undefined)]);
    this.#remove(host);
    if (left !== undefined) {
      this.#ended.push(host.id);
      this.#options.happened('leaves', 1);
    }
    return left?.lost;
  }

  /** A node dies, whatever it is doing: serving, leaving or joining. */
  crash(): void {
    const { cluster, random } = this.#options;
    const ids = [...this.#all.map(({ id }) => id), ...this.#joining.keys()];
    const id = ids[Math.floor(random() * ids.length)]!;
    const host = this.#all.find((each) => each.id === id);
    cluster.crash(id);
    this.#options.happened('crashes', 1);
    this.#ended.push(id);
    if (host !== undefined) this.#fall(host);
    else this.#joining.get(id)?.();
  }

  #fall(host: Host): void {
    if (!this.#all.includes(host)) return;
    host.running = false;
    this.#remove(host);
    host.go();
    this.#options.fell(host.id);
  }

  #remove(host: Host): void {
    const at = this.#all.indexOf(host);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** `DEBUG=1` shows what the nodes say. */
  #logging(): { logger?: Logger } {
    if (process.env.DEBUG === undefined) return {};
    const say = (message: string): void => {
      process.stderr.write(`${this.#options.cluster.clock.now().toFixed(2)} ${message}\n`);
    };
    return { logger: { debug: say, info: say, warn: say, error: say } };
  }
}
