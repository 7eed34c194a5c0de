import type { TestCluster } from '@cachex/router/testing';
import type { Hosts } from './hosts.ts';
import type { Plan } from './plan.ts';

export interface FaultsOptions {
  readonly plan: Plan;
  readonly cluster: TestCluster;
  readonly hosts: Hosts;
  readonly random: () => number;
  /** Waits for up to so many ms. */
  rest(upTo: number): Promise<void>;
  over(): boolean;
  /** Whether a node may die now and nothing be lost. */
  complete(): boolean;
  /** A node is about to leave; `hasty`: before it can hand everything over. */
  leaving(id: string, hasty: boolean): void;
  left(id: string, lost: number | undefined): void;
}

/** By when what was decided while a node was cut off has been done, in ms. */
const settling = 60;

/** What happens to a cluster while it is being used. */
export class Faults {
  readonly #options: FaultsOptions;
  readonly #blocked = new Set<string>();
  /** One node is cut off, or was until a moment ago. */
  #cutting = false;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** All that happens, until it is over. */
  run(): Promise<void>[] {
    const { breaks, blocks, cuts, crashes } = this.#options.plan;
    if (cuts) return [this.#membership(), this.#steps(), this.#cuts()];
    // Two of the first: what they do overlaps.
    const always = [this.#membership(), this.#membership(), this.#stops(), this.#outages(), this.#steps()];
    return [
      ...always,
      ...(crashes === 'one by one' ? [this.#deaths()] : []),
      ...(breaks ? [this.#breaks()] : []),
      ...(blocks ? [this.#blocks(), this.#blocks()] : []),
    ];
  }

  /** Everything that was done to the network and the store is undone. */
  heal(): void {
    const { cluster, hosts } = this.#options;
    cluster.store.outage = false;
    cluster.store.loseReplies = false;
    for (const way of [...this.#blocked]) this.#unblock(way);
    for (const { id } of hosts.all) cluster.resume(id);
  }

  async #membership(): Promise<void> {
    const { plan, hosts, random, rest, over } = this.#options;
    while (!over()) {
      await rest(80);
      if (over()) return;
      if (this.#cutting) continue;
      const roll = random();
      const up = hosts.running.length;
      if (up === 0 || (roll < 0.4 && up < 5)) await hosts.join();
      else if (roll < 0.65 && up > 1) await this.#leave();
      else if (roll < 0.8) await this.#reweigh();
      else if (plan.crashes === 'any time' && up > 1) hosts.crash();
    }
  }

  /** One dies, as soon as all the copies are there again. */
  async #deaths(): Promise<void> {
    const { hosts, rest, over, complete } = this.#options;
    while (!over()) {
      await rest(8);
      if (!over() && hosts.running.length > 1 && complete()) hosts.crash();
    }
  }

  async #leave(): Promise<void> {
    const { plan, hosts, random, leaving, left } = this.#options;
    const host = hosts.pick();
    const hasty = plan.crashes === 'any time' && random() < 0.5;
    leaving(host.id, hasty);
    left(host.id, await hosts.leave(host, hasty ? random() * 60 : '30s'));
  }

  async #reweigh(): Promise<void> {
    const { hosts, random, plan } = this.#options;
    const { node, gone } = hosts.pick();
    // Now and then a node is to own nothing, even if nobody else could; then what the last one owns is lost as it leaves.
    const weight =
      (plan.crashes === 'any time' || (plan.blocks && !plan.cuts)) && random() < 0.15
        ? 0
        : 1 + Math.floor(random() * 3);
    // It may leave or die meanwhile.
    await Promise.race([node.setWeight(weight).catch(() => {}), gone]);
  }

  async #stops(): Promise<void> {
    const { cluster, hosts, rest, over, plan } = this.#options;
    while (!over()) {
      await rest(120);
      const host = hosts.pick();
      if (host === undefined) continue;
      cluster.pause(host.id);
      await rest(plan.blocks ? 140 : 60);
      cluster.resume(host.id);
    }
  }

  async #outages(): Promise<void> {
    const { cluster, random, rest, over } = this.#options;
    const { store } = cluster;
    while (!over()) {
      await rest(200);
      if (over()) return;
      if (random() < 0.5) store.outage = true;
      else store.loseReplies = true;
      await rest(40);
      store.outage = false;
      store.loseReplies = false;
    }
  }

  /** Somebody sets a clock: nobody may care. */
  async #steps(): Promise<void> {
    const { cluster, hosts, random, rest, over } = this.#options;
    while (!over()) {
      await rest(100);
      const host = hosts.pick();
      if (host !== undefined) cluster.stepWallTime(host.id, (random() - 0.5) * 7_200_000);
    }
  }

  async #breaks(): Promise<void> {
    const { cluster, hosts, rest, over } = this.#options;
    while (!over()) {
      await rest(60);
      const [one, other] = [hosts.pick()?.id, hosts.pick()?.id];
      if (one === undefined || other === undefined || one === other) continue;
      cluster.network.cut(one, other);
      await rest(40);
      cluster.network.heal(one, other);
    }
  }

  /** One node is cut off from one other, or from all; hears nothing, is not heard, or both. */
  async #blocks(): Promise<void> {
    const { hosts, random, rest, over } = this.#options;
    while (!over()) {
      await rest(50);
      const one = hosts.pick()?.id;
      if (one === undefined) continue;
      const others = hosts.running.map(({ id }) => id).filter((id) => id !== one);
      const some = random() < 0.7 ? others : others.slice(0, 1);
      const direction = random();
      const ways = some.flatMap((other) => [
        ...(direction < 0.7 ? [`${one} ${other}`] : []),
        ...(direction > 0.3 ? [`${other} ${one}`] : []),
      ]);
      for (const way of ways) this.#block(way);
      await rest(300);
      for (const way of ways) this.#unblock(way);
    }
  }

  /** One is cut off from all others, as soon as all the copies are there again; nothing else happens to the members then. */
  async #cuts(): Promise<void> {
    const { cluster, hosts, rest, over, complete } = this.#options;
    while (!over()) {
      await rest(8);
      if (over() || hosts.running.length < 2 || !hosts.calm || !hosts.synced || !complete()) continue;
      this.#cutting = true;
      const one = hosts.pick().id;
      const others = hosts.running.map(({ id }) => id).filter((id) => id !== one);
      const ways = others.flatMap((other) => [`${one} ${other}`, `${other} ${one}`]);
      for (const way of ways) this.#block(way);
      await rest(300);
      for (const way of ways) this.#unblock(way);
      // A removal may be on its way to the store, and who was removed has yet to learn of it. Until then one that leaves may
      // be the last, though another one runs.
      await new Promise<void>((resolve) => void cluster.clock.after(settling, resolve));
      while (!over() && !hosts.calm) await rest(8);
      this.#cutting = false;
    }
  }

  #block(way: string): void {
    const [from, to] = way.split(' ') as [string, string];
    this.#blocked.add(way);
    this.#options.cluster.network.block(from, to);
  }

  #unblock(way: string): void {
    if (!this.#blocked.delete(way)) return;
    const [from, to] = way.split(' ') as [string, string];
    this.#options.cluster.network.unblock(from, to, { reset: this.#options.random() < 0.3 });
  }
}
