import { seeded, TestCluster, type TestClusterOptions } from '@cachex/router/testing';
import { Faults } from './faults.ts';
import { Hosts, partitions } from './hosts.ts';
import { Losses } from './losses.ts';
import type { Plan } from './plan.ts';
import { shortLived, Workload } from './workload.ts';

/** What happened in a run. */
export interface Counts {
  /** Calls of the users of the cache. */
  operations: number;
  /** Nodes that joined. */
  joins: number;
  /** Nodes that left. */
  leaves: number;
  /** Nodes that died without a word. */
  crashes: number;
  /** Nodes that were removed while they lived. */
  removals: number;
  /** Partitions that were handed over. */
  moves: number;
  /** Partitions whose copy was promoted. */
  promotions: number;
  /** Partitions that began again empty. */
  losses: number;
  /** Views that were agreed on. */
  views: number;
}

/** What a run did, and everything that was wrong with it. */
export interface Report {
  readonly violations: readonly string[];
  readonly counts: Readonly<Counts>;
}

export const nothing: Readonly<Counts> = Object.freeze({
  operations: 0,
  joins: 0,
  leaves: 0,
  crashes: 0,
  removals: 0,
  moves: 0,
  promotions: 0,
  losses: 0,
  views: 0,
});

/** One cluster under load while its members come, go, stop and die, all of it following from the seed of its plan. */
export async function simulate(plan: Plan, without: TestClusterOptions['without'] = []): Promise<Report> {
  const simulation = new Simulation(plan, without);
  await simulation.run();
  const { violations, counts } = simulation;
  return { violations, counts };
}

const duration = 160;
/** That of nodes which suspect each other; see hosts.ts. */
const lease = 30;

class Simulation {
  readonly violations: string[] = [];
  readonly counts: Counts = { ...nothing };
  readonly #plan: Plan;
  readonly #cluster: TestCluster;
  readonly #random: () => number;
  readonly #hosts: Hosts;
  readonly #workload: Workload;
  readonly #faults: Faults;
  readonly #losses: Losses;
  /** Nodes that leave before they can hand everything over. */
  readonly #hasty = new Set<string>();
  #over = false;

  constructor(plan: Plan, without: TestClusterOptions['without'] = []) {
    this.#plan = plan;
    const drift = plan.blocks ? 0.05 : 0;
    this.#cluster = new TestCluster({ seed: plan.seed, delay: 4, storeDelay: 4, drift, without });
    const { clock } = this.#cluster;
    this.#random = seeded(plan.seed ^ 0x5bd1e995);
    const shared = {
      plan,
      cluster: this.#cluster,
      random: this.#random,
      rest: (upTo: number) => this.#rest(upTo),
      over: () => this.#over,
    };
    this.#hosts = new Hosts({
      ...shared,
      functions: (id) => this.#workload.functions(id, () => this.#hasty.has(id)),
      happened: (what, times) => {
        this.counts[what] += times;
      },
      fell: (id) => this.#workload.abandonLoads(id),
    });
    this.#workload = new Workload({
      ...shared,
      clock,
      hosts: this.#hosts,
      asked: () => {
        this.counts.operations += 1;
      },
      accuse: (violation) => this.#accuse(violation),
    });
    this.#faults = new Faults({
      ...shared,
      hosts: this.#hosts,
      complete: () => this.#complete(),
      leaving: (id, hasty) => {
        if (!hasty) return;
        this.#workload.abandonLoads(id);
        this.#hasty.add(id);
      },
      left: (id, lost) => this.#left(id, lost),
    });
    this.#losses = new Losses({
      lease,
      after: (ms, task) => void clock.after(ms, task),
      // Where nodes are removed while they live, what they load is not waited for.
      gone: (id) => {
        if (plan.blocks) this.#workload.abandonLoads(id);
      },
      hasty: (id) => this.#hasty.has(id),
      mayBeLost: (partition, all) => this.#workload.mayBeLost(partition, all),
      lost: (partition, all) => {
        this.counts[all ? 'losses' : 'promotions'] += 1;
        if (all && plan.crashes !== 'any time' && (!plan.blocks || plan.cuts))
          this.#accuse(`the data of partition ${partition} was lost`);
        this.#workload.lost(partition, all);
      },
    });
    this.#cluster.store.stored = (view) => {
      this.counts.views += 1;
      this.#losses.follow(view);
    };
  }

  async run(): Promise<void> {
    const { clock } = this.#cluster;
    try {
      await clock.run(this.#hosts.join());
      await clock.run(this.#hosts.join());
      const actors = [...this.#workload.run(), ...this.#faults.run(), this.#watch()];
      await clock.advance(duration);
      this.#over = true;
      this.#faults.heal();
      await clock.run(Promise.all(actors), 60_000);
      this.#faults.heal();
      // Who was suspected may still be removed.
      await clock.advance(4 * shortLived);
      if (this.#hosts.running.length === 0) await clock.run(this.#hosts.join());
      // If all that is left was to own nothing, nobody would.
      await clock.run(this.#hosts.pick().node.setWeight(1));
      await this.#settle();
      // What has expired is removed where it is asked for, and counts until then.
      await clock.advance(10 * shortLived);
      await this.#workload.judge((work) => clock.run(work));
      // The last one to leave takes everything with it.
      this.#cluster.store.stored = undefined;
      for (const host of [...this.#hosts.all]) await clock.run(host.node.leave());
    } catch (error) {
      this.violations.push(`the run itself failed: ${(error as Error).stack ?? String(error)}`);
    }
  }

  #left(id: string, lost: number | undefined): void {
    const plan = this.#plan;
    if (this.#hasty.has(id)) {
      const taken = this.#losses.taken.get(id) ?? 0;
      if (lost !== undefined && taken !== lost && !plan.blocks)
        this.#accuse(`${id} reports ${lost} partitions lost where it took ${taken} with it`);
      this.#hasty.delete(id);
      this.#losses.taken.delete(id);
    } else if (lost !== undefined && lost > 0 && plan.crashes !== 'any time' && !plan.blocks) {
      this.#accuse(`${id} left with ${lost} partitions`);
    }
  }

  /** Whether every member runs, and every partition has its copies: then any one node may die and nothing be lost. */
  #complete(): boolean {
    const view = this.#cluster.store.newest!;
    const alive = view.members.every(({ id }) => this.#hosts.all.some((host) => host.id === id));
    return alive && view.backups.every((ids) => ids.length > 0);
  }

  /** At any moment at most one node answers for a partition. */
  async #watch(): Promise<void> {
    while (!this.#over) {
      for (let partition = 0; partition < partitions; partition += 1) {
        const owners = this.#cluster.nodes.filter((node) => node.owns(partition)).map(({ id }) => id);
        if (owners.length > 1)
          this.#accuse(`partition ${partition} is answered for by ${owners.join(' and ')}`);
      }
      await this.#rest(1);
    }
  }

  /** Lets everything come to rest: no moves planned, every copy there, all nodes at one view. */
  async #settle(): Promise<void> {
    const { clock } = this.#cluster;
    for (let tries = 0; tries < 200; tries += 1) {
      const hosts = this.#hosts.all;
      const states = hosts.map(({ node }) => node.status());
      const epochs = new Set(states.map(({ epoch }) => epoch));
      const rests = states.every(
        ({ moving, underReplicated, members, unowned }) =>
          moving === 0 && underReplicated === 0 && unowned === 0 && members.length === hosts.length,
      );
      if (epochs.size === 1 && rests) return;
      await clock.advance(100);
    }
    const states = this.#hosts.all.map(({ node }) => {
      const { id, epoch, moving, underReplicated, members, unowned } = node.status();
      return `${id}@${epoch}: ${members.map((member) => member.id)}, ${moving} ${underReplicated} ${unowned}`;
    });
    this.#accuse(`the cluster does not come to rest: ${states.join('; ')}`);
  }

  #accuse(violation: string | undefined): void {
    if (violation === undefined) return;
    this.violations.push(`at ${this.#cluster.clock.now().toFixed(2)} ms: ${violation}`);
  }

  #rest(upTo: number): Promise<void> {
    return new Promise((resolve) => void this.#cluster.clock.after(this.#random() * upTo, resolve));
  }
}
