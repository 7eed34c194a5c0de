import { hashKey, partitionOf } from '@cachex/router/hash';
import { type ManualClock, seeded, TestCluster, type TestClusterOptions } from '@cachex/router/testing';
import { type ClusterCache, ClusterNode, type View } from '../../src/cluster/index.ts';
import { counterModel, entryModel, type Model } from '../../src/testing/index.ts';
import { Histories } from './histories.ts';
import { Register } from './register.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Whether nodes also die without a word. Their partitions then begin again empty. */
  readonly crashes?: boolean;
  /** Whether links between live nodes break as well, with what is on its way. Then calls may fail, but nothing is lost. */
  readonly breaks?: boolean;
  readonly without?: TestClusterOptions['without'];
}

/** What a run did, and everything that was wrong with it. */
export interface Report {
  readonly violations: string[];
  readonly operations: number;
  readonly moved: number;
}

const partitions = 16;
const registers = 8;
const counterKeys = [100, 101, 102, 103];
const sharedKeys = [600, 601];
const loaded = 6;
const sources = 3;
const expiring = 2;
const shortLived = 40;
const cleared = 4;
const duration = 400;

const counted = (key: number): [number, Model] => [key, counterModel()];
const shared = (key: number): [number, Model] => [key, entryModel()];

type Loads = ClusterCache<number, number, Record<string, (key: number) => Promise<number>>>;

/** One cluster under load while its members come, go, stop and die, all of it following from a seed. */
export async function simulate(options: SimulationOptions): Promise<Report> {
  const simulation = new Simulation(options);
  await simulation.run();
  return { violations: simulation.violations, operations: simulation.operations, moved: simulation.moved };
}

interface Host {
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

class Simulation {
  readonly violations: string[] = [];
  operations = 0;
  moved = 0;
  readonly #cluster: TestCluster;
  readonly #clock: ManualClock;
  readonly #random: () => number;
  readonly #crashes: boolean;
  readonly #breaks: boolean;
  readonly #hosts: Host[] = [];
  readonly #registers = Array.from({ length: registers }, (_, key) => new Register(key));
  readonly #expiring = Array.from({ length: expiring }, (_, n) => new Register(400 + n));
  readonly #cleared = Array.from({ length: cleared }, (_, n) => new Register(500 + n));
  readonly #histories: Histories;
  readonly #running = new Map<number, number>();
  readonly #loads = new Map<number, number>();
  readonly #generations = new Map<number, { made: number; invalidated: number }>();
  /** Partitions that were, or may have been, lost with their owner. */
  readonly #lost = new Set<number>();
  /** Dead nodes that are still in the view, and the partitions that go with them. */
  readonly #owed = new Map<string, Set<number>>();
  readonly #lostRunners = new Set<string>();
  /** Nodes that leave before they can hand everything over, and what they took with them. */
  readonly #hasty = new Map<string, number>();
  #previous: View | undefined;
  #names = 0;
  #values = 0;
  #over = false;

  constructor({ seed, crashes = false, breaks = false, without = [] }: SimulationOptions) {
    this.#cluster = new TestCluster({ seed, delay: 4, storeDelay: 4, without });
    this.#clock = this.#cluster.clock;
    this.#random = seeded(seed ^ 0x5bd1e995);
    this.#crashes = crashes;
    this.#breaks = breaks;
    const models = new Map([...counterKeys.map(counted), ...sharedKeys.map(shared)]);
    this.#histories = new Histories(this.#clock, models, partitions);
    this.#cluster.store.stored = (view) => {
      this.#mourn(view);
      this.#bequeath(view);
    };
  }

  async run(): Promise<void> {
    const clock = this.#clock;
    try {
      await clock.run(this.#join());
      await clock.run(this.#join());
      const actors = [this.#writers(), this.#readers(), this.#events(), this.#watch()].flat();
      await clock.advance(duration);
      this.#over = true;
      this.#cluster.store.outage = false;
      this.#cluster.store.loseReplies = false;
      await clock.run(Promise.all(actors), 60_000);
      for (const { id } of this.#hosts) this.#cluster.resume(id);
      await this.#settle();
      await this.#judge();
      for (const host of [...this.#hosts]) await clock.run(host.node.leave());
    } catch (error) {
      this.violations.push(`the run itself failed: ${(error as Error).stack ?? String(error)}`);
    }
  }

  // What is asked of the cache

  #writers(): Promise<void>[] {
    const writeRegister = async (register: Register): Promise<void> => {
      while (!this.#over) {
        const remove = this.#random() < 0.25;
        this.#values += 1;
        const value = remove ? undefined : this.#values;
        const settle = register.write(value);
        const done = await this.#call<unknown>(register.key, ({ cache }) =>
          remove ? cache.del(register.key) : cache.put(register.key, value!),
        );
        settle(done !== failed);
        await this.#rest(10);
      }
    };
    const count = async (client: string, key: number): Promise<void> => {
      while (!this.#over) {
        await this.#recorded(client, key, 'incr', [], ({ cache }) => cache.incr(key));
        await this.#rest(8);
      }
    };
    const writeExpiring = async (register: Register): Promise<void> => {
      while (!this.#over) {
        this.#values += 1;
        const value = this.#values;
        const settle = register.write(value);
        const expired = new Promise<void>((resolve) => {
          this.#clock.after(shortLived, () => {
            register.mayExpire();
            resolve();
          });
        });
        const done = await this.#call<unknown>(register.key, ({ cache }) =>
          cache.put(register.key, value, { ttl: shortLived }),
        );
        settle(done !== failed);
        await expired;
        await this.#rest(40);
      }
    };
    /** One writer for all of them, because it also clears the cache. */
    const writeCleared = async (): Promise<void> => {
      while (!this.#over) {
        await this.#rest(10);
        if (this.#random() < 0.2) {
          const settles = this.#cleared.map((register) => register.write(undefined));
          const done = await this.#callLate<unknown>(({ late }) => late!.clear());
          for (const settle of settles) settle(done !== failed);
        } else {
          const register = this.#cleared[Math.floor(this.#random() * cleared)]!;
          this.#values += 1;
          const value = this.#values;
          const settle = register.write(value);
          const done = await this.#callLate<unknown>(({ late }) => late!.put(register.key, value));
          settle(done !== failed);
        }
      }
    };
    const share = async (client: string, key: number): Promise<void> => {
      while (!this.#over) {
        this.#values += 1;
        const value = this.#values;
        const [action, args, make] = [
          ['put', [value], ({ cache }: Host) => cache.put(key, value)],
          ['update', [value], ({ cache }: Host) => cache.update(key, value)],
          ['incr', [value], ({ cache }: Host) => cache.incr(key, value)],
          ['del', [], ({ cache }: Host) => cache.del(key)],
          ['exists', [], ({ cache }: Host) => cache.exists(key)],
          ['get', [], ({ cache }: Host) => cache.get(key)],
        ][Math.floor(this.#random() * 6)] as [string, unknown[], (host: Host) => Promise<unknown>];
        await this.#recorded(client, key, action, args, make);
        await this.#rest(20);
      }
    };
    const change = async (key: number): Promise<void> => {
      const generation = { made: 0, invalidated: 0 };
      this.#generations.set(key, generation);
      while (!this.#over) {
        await this.#rest(40);
        generation.made += 1;
        const { made } = generation;
        const done = await this.#call(key, ({ cache }) => cache.del(key));
        if (done !== failed) generation.invalidated = made;
      }
    };
    return [
      ...this.#registers.map(writeRegister),
      ...this.#expiring.map(writeExpiring),
      writeCleared(),
      ...counterKeys.flatMap((key) => [count('a', key), count('b', key)]),
      ...sharedKeys.flatMap((key) => [share('a', key), share('b', key), share('c', key)]),
      ...Array.from({ length: sources }, (_, n) => change(300 + n)),
    ];
  }

  #readers(): Promise<void>[] {
    const read = async (): Promise<void> => {
      while (!this.#over) {
        const register = this.#registers[Math.floor(this.#random() * registers)]!;
        const judge = register.read();
        const value = await this.#call(register.key, ({ cache }) => cache.get(register.key));
        if (value !== failed) this.#accuse(judge(value));
        await this.#rest(4);
      }
    };
    const readOthers = async (): Promise<void> => {
      while (!this.#over) {
        const late = this.#random() < 0.6;
        const some = late ? this.#cleared : this.#expiring;
        const register = some[Math.floor(this.#random() * some.length)]!;
        const judge = register.read();
        const value = late
          ? await this.#callLate((host) => host.late!.get(register.key))
          : await this.#call(register.key, ({ cache }) => cache.get(register.key));
        if (value !== failed) this.#accuse(judge(value));
        await this.#rest(4);
      }
    };
    const load = async (): Promise<void> => {
      while (!this.#over) {
        const key = 200 + Math.floor(this.#random() * loaded);
        const value = await this.#call(key, ({ cache }) => cache.fetch(key, 'load'));
        if (value !== failed && value !== key * 2) this.#accuse(`key ${key}: loaded ${value}`);
        await this.#rest(6);
      }
    };
    const follow = async (): Promise<void> => {
      while (!this.#over) {
        const key = 300 + Math.floor(this.#random() * sources);
        const { invalidated } = this.#generations.get(key)!;
        const value = await this.#call(key, ({ cache }) => cache.fetch(key, 'generation'));
        if (value !== failed && value < invalidated) {
          this.#accuse(`key ${key}: generation ${value} came back after ${invalidated}`);
        }
        await this.#rest(6);
      }
    };
    const list = async (): Promise<void> => {
      while (!this.#over) {
        const keys = await this.#call(undefined, ({ cache }) => cache.keys());
        if (keys !== failed && new Set(keys).size !== keys.length)
          this.#accuse(`keys() names one twice: ${keys}`);
        await this.#rest(30);
      }
    };
    return [read(), read(), read(), readOthers(), readOthers(), load(), load(), follow(), follow(), list()];
  }

  /** Makes a call at some node. A failure is a violation unless a crash explains it. */
  async #call<T>(
    key: number | undefined,
    make: (host: Host) => Promise<T>,
    host: Host = this.#pick(),
  ): Promise<T | typeof failed> {
    this.operations += 1;
    try {
      const answer = await Promise.race([make(host), host.gone.then((): typeof failed => failed)]);
      return answer;
    } catch (error) {
      if (!this.#crashes && !this.#breaks)
        this.#accuse(`a call for ${key ?? 'all keys'} at ${host.id} failed: ${(error as Error).message}`);
      return failed;
    }
  }

  /** The same for the cache that was opened later, at a node that has it. It is not asked where there is none. */
  #callLate<T>(make: (host: Host) => Promise<T>): Promise<T | typeof failed> {
    const hosts = this.#hosts.filter(({ running, late }) => running && late !== undefined);
    const host = hosts[Math.floor(this.#random() * hosts.length)];
    return host === undefined ? Promise.resolve(failed) : this.#call(undefined, make, host);
  }

  /** Makes a call whose answer is judged when all is over. */
  async #recorded(
    client: string,
    key: number,
    action: string,
    args: readonly unknown[],
    make: (host: Host) => Promise<unknown>,
  ): Promise<void> {
    const settle = this.#histories.invoke(client, key, action, args);
    const answer = await this.#call(key, make);
    if (answer === failed) settle('unknown');
    else settle('ok', answer);
  }

  // What happens to the cluster

  #events(): Promise<void>[] {
    const membership = async (): Promise<void> => {
      while (!this.#over) {
        await this.#rest(80);
        if (this.#over) return;
        const roll = this.#random();
        const [host] = this.#hosts.filter(({ running }) => running);
        const up = this.#hosts.filter(({ running }) => running).length;
        if (roll < 0.4 && up < 5) await this.#join();
        else if (roll < 0.75 && up > 1) await this.#leave(this.#pick());
        else if (roll < 0.9) await this.#reweigh(this.#pick());
        else if (this.#crashes && up > 1 && host !== undefined) this.#crash(this.#pick());
      }
    };
    const stops = async (): Promise<void> => {
      while (!this.#over) {
        await this.#rest(120);
        const { id } = this.#pick();
        this.#cluster.pause(id);
        await this.#rest(60);
        this.#cluster.resume(id);
      }
    };
    const breaks = async (): Promise<void> => {
      while (!this.#over) {
        await this.#rest(60);
        const [one, other] = [this.#pick().id, this.#pick().id];
        if (one === other) continue;
        this.#cluster.network.cut(one, other);
        await this.#rest(40);
        this.#cluster.network.heal(one, other);
      }
    };
    const outages = async (): Promise<void> => {
      const { store } = this.#cluster;
      while (!this.#over) {
        await this.#rest(200);
        if (this.#over) return;
        if (this.#random() < 0.5) store.outage = true;
        else store.loseReplies = true;
        await this.#rest(40);
        store.outage = false;
        store.loseReplies = false;
      }
    };
    // Two of the first: what they do overlaps.
    const always = [membership(), membership(), stops(), outages()];
    return this.#breaks ? [...always, breaks()] : always;
  }

  async #join(): Promise<void> {
    this.#names += 1;
    const id = `n${this.#names}`;
    const concurrency = 1 + Math.floor(this.#random() * 3);
    const bytesPerSecond = this.#random() < 0.3 ? 5_000 + this.#random() * 50_000 : Number.POSITIVE_INFINITY;
    const moves = { concurrency, bytesPerSecond };
    const node = new ClusterNode(await this.#cluster.enter(id, { partitions, moves }));
    node.on('moved', ({ partitions: some }) => {
      this.moved += some.length;
    });
    let go = (): void => {};
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    const cache = node.cache('simulated', {
      functions: {
        load: (key: number) => this.#load(id, key, () => key * 2),
        generation: (key: number) => this.#load(id, key, () => this.#generations.get(key)!.made),
      },
    });
    const host: Host = {
      id,
      node,
      cache: cache as unknown as Loads,
      late: undefined,
      gone,
      go,
      running: true,
    };
    this.#hosts.push(host);
    this.#clock.after(this.#random() * 60, () => {
      if (host.running) host.late = node.cache<number, number>('late');
    });
  }

  /** A slow source. It reads what it will answer when it begins, so that a result can be out of date when it arrives. */
  async #load(runner: string, key: number, source: () => number): Promise<number> {
    // Who leaves in a hurry does not wait for what it still begins.
    if (this.#hasty.has(runner)) this.#lost.add(partitionOf(hashKey(key), partitions));
    const value = source();
    if (key < 300) {
      const running = (this.#running.get(key) ?? 0) + 1;
      this.#running.set(key, running);
      this.#loads.set(key, (this.#loads.get(key) ?? 0) + 1);
      if (running > 1 && !this.#isLost(key)) this.#accuse(`key ${key}: two loads at a time`);
      if (this.#loads.get(key)! > 1 && !this.#isLost(key)) this.#accuse(`key ${key}: loaded again`);
    }
    await this.#rest(60);
    if (key < 300 && !this.#lostRunners.has(runner)) this.#running.set(key, this.#running.get(key)! - 1);
    return value;
  }

  async #reweigh({ node, gone }: Host): Promise<void> {
    const weight = 1 + Math.floor(this.#random() * 3);
    // It may leave or die meanwhile.
    await Promise.race([node.setWeight(weight).catch(() => {}), gone]);
  }

  async #leave(host: Host): Promise<void> {
    if (!host.running) return;
    host.running = false;
    this.#cluster.resume(host.id);
    const hasty = this.#crashes && this.#random() < 0.5;
    if (hasty) {
      this.#abandonLoads(host);
      this.#hasty.set(host.id, 0);
    }
    const { lost } = await host.node.leave({ within: hasty ? this.#random() * 60 : '30s' });
    if (lost > 0 && !this.#crashes) this.#accuse(`${host.id} left with ${lost} partitions`);
    const taken = this.#hasty.get(host.id);
    if (taken !== undefined && taken !== lost) {
      this.#accuse(`${host.id} reports ${lost} partitions lost where it took ${taken} with it`);
    }
    this.#hosts.splice(this.#hosts.indexOf(host), 1);
  }

  /** A load that ran there is gone; another may begin, and until then nobody can tell whose it was. */
  #abandonLoads({ id }: Host): void {
    this.#lostRunners.add(id);
    for (const key of this.#running.keys()) this.#lost.add(partitionOf(hashKey(key), partitions));
  }

  /** What a node still owned in the view before it left is lost from that moment: it had sealed everything. */
  #bequeath(view: View): void {
    const before = this.#previous;
    this.#previous = view;
    for (const id of this.#hasty.keys()) {
      const left = before?.members.some((member) => member.id === id) === true;
      if (!left || view.members.some((member) => member.id === id)) continue;
      for (const [partition, owner] of before.owners.entries()) {
        if (owner !== id) continue;
        this.#hasty.set(id, this.#hasty.get(id)! + 1);
        this.#lost.add(partition);
        this.#each(partition, (register) => register.lost());
        this.#histories.mayBeLost(id, partition);
      }
      this.#histories.lost(id);
    }
  }

  #crash(host: Host): void {
    if (!host.running) return;
    host.running = false;
    this.#hosts.splice(this.#hosts.indexOf(host), 1);
    this.#abandonLoads(host);
    this.#cluster.crash(host.id);
    host.go();
    this.#owed.set(host.id, new Set());
    this.#mourn(this.#cluster.store.newest!);
  }

  /** What a dead node owns, or is still given by an owner that does not know of its death, goes with it. */
  #mourn(view: View): void {
    for (const [id, owed] of this.#owed) {
      for (const [partition, owner] of view.owners.entries()) {
        if (owner !== id || owed.has(partition)) continue;
        owed.add(partition);
        this.#lost.add(partition);
        this.#each(partition, (register) => register.mayBeLost());
        this.#histories.mayBeLost(id, partition);
      }
      if (view.members.some((member) => member.id === id)) continue;
      for (const partition of owed) this.#each(partition, (register) => register.lost());
      this.#histories.lost(id);
      this.#owed.delete(id);
    }
  }

  #each(partition: number, act: (register: Register) => void): void {
    for (const register of [...this.#registers, ...this.#expiring, ...this.#cleared]) {
      if (partitionOf(hashKey(register.key), partitions) === partition) act(register);
    }
  }

  // What must hold

  /** At any moment at most one node answers for a partition. */
  #watch(): Promise<void>[] {
    const look = async (): Promise<void> => {
      while (!this.#over) {
        for (let partition = 0; partition < partitions; partition += 1) {
          const owners = this.#cluster.nodes.filter((node) => node.owns(partition)).map(({ id }) => id);
          if (owners.length > 1)
            this.#accuse(`partition ${partition} is answered for by ${owners.join(' and ')}`);
        }
        await this.#rest(1);
      }
    };
    return [look()];
  }

  /** Lets everything come to rest: no moves planned, all nodes at one view. */
  async #settle(): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const states = this.#hosts.map(({ node }) => node.status());
      const epochs = new Set(states.map(({ epoch }) => epoch));
      if (
        epochs.size === 1 &&
        states.every(({ moving, members }) => moving === 0 && members.length === this.#hosts.length)
      )
        return;
      await this.#clock.advance(100);
    }
    this.#accuse('the cluster does not come to rest');
  }

  async #judge(): Promise<void> {
    // What has expired is removed where it is asked for, and counts until then.
    await this.#clock.advance(10 * shortLived);
    for (const register of [...this.#registers, ...this.#expiring]) {
      for (const host of this.#hosts) {
        const judge = register.read();
        this.#accuse(judge(await this.#clock.run(host.cache.get(register.key))));
      }
    }
    for (const register of this.#cleared) {
      for (const { late } of this.#hosts) {
        if (late === undefined) continue;
        const judge = register.read();
        this.#accuse(judge(await this.#clock.run(late.get(register.key))));
      }
    }
    for (const key of this.#histories.keys) {
      const host = this.#hosts[0]!;
      const settle = this.#histories.invoke('judge', key, 'get');
      settle('ok', await this.#clock.run(host.cache.get(key)));
    }
    for (const violation of this.#histories.judge()) this.#accuse(violation);
    const keys = await this.#clock.run(this.#hosts[0]!.cache.keys());
    const size = await this.#clock.run(this.#hosts[0]!.cache.size());
    if (new Set(keys).size !== keys.length || size !== keys.length) {
      this.#accuse(
        `size() is ${size} and keys() has ${keys.length}, ${new Set(keys).size} of them different`,
      );
    }
    const shares = this.#hosts.reduce((total, { cache }) => total + cache.local.size(), 0);
    if (shares !== size) this.#accuse(`the nodes hold ${shares} entries where size() is ${size}`);
  }

  #isLost(key: number): boolean {
    return this.#lost.has(partitionOf(hashKey(key), partitions));
  }

  #accuse(violation: string | undefined): void {
    if (violation !== undefined) this.violations.push(`at ${this.#clock.now().toFixed(2)} ms: ${violation}`);
  }

  #pick(): Host {
    const hosts = this.#hosts.filter(({ running }) => running);
    return hosts[Math.floor(this.#random() * hosts.length)]!;
  }

  #rest(upTo: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(this.#random() * upTo, resolve));
  }
}

const failed: unique symbol = Symbol('failed');
