import { hashKey, partitionOf } from '@cachex/router/hash';
import { counterModel, entryModel, type Model } from '../../src/testing/index.ts';
import { Histories } from './histories.ts';
import { type Host, type Hosts, partitions } from './hosts.ts';
import type { Plan } from './plan.ts';
import { Register } from './register.ts';

const registers = 8;
const counterKeys = [100, 101, 102, 103];
const sharedKeys = [600, 601];
const loaded = 6;
const sources = 3;
const expiring = 2;
export const shortLived = 40;
const cleared = 4;

const counted = (key: number): [number, Model] => [key, counterModel()];
const shared = (key: number): [number, Model] => [key, entryModel()];

export interface WorkloadOptions {
  readonly plan: Plan;
  readonly clock: { now(): number; after(ms: number, task: () => void): unknown };
  readonly random: () => number;
  readonly hosts: Hosts;
  rest(upTo: number): Promise<void>;
  over(): boolean;
  /** A call is made. */
  asked(): void;
  accuse(violation: string | undefined): void;
}

/** What is asked of a cache while its cluster changes, and what is known of each key. */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #registers = Array.from({ length: registers }, (_, key) => new Register(key));
  readonly #expiring = Array.from({ length: expiring }, (_, n) => new Register(400 + n));
  /** In the second cache. */
  readonly #cleared = Array.from({ length: cleared }, (_, n) => new Register(500 + n));
  readonly #histories: Histories;
  readonly #running = new Map<number, number>();
  readonly #loads = new Map<number, number>();
  readonly #generations = new Map<number, { made: number; invalidated: number }>();
  /** Partitions whose loads cannot be told any more: a node has died with them. */
  readonly #disturbed = new Set<number>();
  readonly #lostRunners = new Set<string>();
  #values = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    const models = new Map([...counterKeys.map(counted), ...sharedKeys.map(shared)]);
    this.#histories = new Histories(options.clock, models, partitions);
  }

  /** Everybody who uses the cache, until it is over. */
  run(): Promise<void>[] {
    return [...this.#writers(), ...this.#readers()];
  }

  /** A loader, as it runs at a node. `hasty` tells whether that node does not wait for what it begins now. */
  functions(id: string, hasty: () => boolean): Record<string, (key: number) => Promise<number>> {
    return {
      load: (key) => this.#load(id, hasty(), key, () => key * 2),
      generation: (key) => this.#load(id, hasty(), key, () => this.#generations.get(key)!.made),
    };
  }

  /** The entries of a partition may be gone from now on. */
  mayBeLost(partition: number, all: boolean): void {
    this.#disturbed.add(partition);
    this.#each(partition, all, (register) => register.mayBeLost());
    if (all) this.#histories.mayBeLost(partition);
  }

  lost(partition: number, all: boolean): void {
    this.#disturbed.add(partition);
    // What has no backups may still be there, if it was just on its way to the new owner.
    this.#each(partition, all, (register) => (all ? register.lost() : register.mayBeLost()));
    if (all) this.#histories.lost(partition);
  }

  /** A load that ran there is gone; another may begin, and until then nobody can tell whose it was. */
  abandonLoads(id: string): void {
    this.#lostRunners.add(id);
    for (const key of this.#running.keys()) this.#disturbed.add(partitionOf(hashKey(key), partitions));
  }

  /** When all is at rest: what every node reads, and whether all histories make sense. */
  async judge(run: <T>(work: Promise<T>) => Promise<T>): Promise<void> {
    const { hosts, accuse } = this.#options;
    for (const register of [...this.#registers, ...this.#expiring]) {
      for (const host of hosts.all) {
        const judge = register.read();
        accuse(judge(await run(host.cache.get(register.key))));
      }
    }
    for (const register of this.#cleared) {
      for (const { late } of hosts.all) {
        if (late === undefined) continue;
        const judge = register.read();
        accuse(judge(await run(late.get(register.key))));
      }
    }
    const [host] = hosts.all as [Host];
    for (const key of this.#histories.keys) {
      const settle = this.#histories.invoke('judge', key, 'get');
      settle('ok', await run(host.cache.get(key)));
    }
    for (const violation of this.#histories.judge()) accuse(violation);
    const keys = await run(host.cache.keys());
    const size = await run(host.cache.size());
    if (new Set(keys).size !== keys.length || size !== keys.length) {
      accuse(`size() is ${size} and keys() has ${keys.length}, ${new Set(keys).size} of them different`);
    }
    const shares = hosts.all.reduce((total, { cache }) => total + cache.local.size(), 0);
    if (shares !== size) accuse(`the nodes hold ${shares} entries where size() is ${size}`);
  }

  #writers(): Promise<void>[] {
    const { clock, random, rest, over } = this.#options;
    const writeRegister = async (register: Register): Promise<void> => {
      while (!over()) {
        const remove = random() < 0.25;
        const value = remove ? undefined : this.#next();
        const settle = register.write(value);
        const done = await this.#call<unknown>(register.key, ({ cache }) =>
          remove ? cache.del(register.key) : cache.put(register.key, value!),
        );
        settle(done !== failed);
        await rest(10);
      }
    };
    const count = async (client: string, key: number): Promise<void> => {
      while (!over()) {
        await this.#recorded(client, key, 'incr', [], ({ cache }) => cache.incr(key));
        await rest(8);
      }
    };
    const writeExpiring = async (register: Register): Promise<void> => {
      while (!over()) {
        const value = this.#next();
        const settle = register.write(value);
        const expired = new Promise<void>((resolve) => {
          // The owner's clock may run faster than this one.
          clock.after(shortLived * 0.9, () => {
            register.mayExpire();
            resolve();
          });
        });
        const done = await this.#call<unknown>(register.key, ({ cache }) =>
          cache.put(register.key, value, { ttl: shortLived }),
        );
        settle(done !== failed);
        await expired;
        await rest(40);
      }
    };
    /** One writer for all of them, because it also clears the cache. */
    const writeCleared = async (): Promise<void> => {
      while (!over()) {
        await rest(10);
        if (random() < 0.2) {
          const settles = this.#cleared.map((register) => register.write(undefined));
          const done = await this.#callLate<unknown>(({ late }) => late!.clear(), 'all keys');
          for (const settle of settles) settle(done !== failed);
        } else {
          const register = this.#cleared[Math.floor(random() * cleared)]!;
          const value = this.#next();
          const settle = register.write(value);
          const done = await this.#callLate<unknown>(
            ({ late }) => late!.put(register.key, value),
            register.key,
          );
          settle(done !== failed);
        }
      }
    };
    const share = async (client: string, key: number): Promise<void> => {
      while (!over()) {
        const value = this.#next();
        const [action, args, make] = [
          ['put', [value], ({ cache }: Host) => cache.put(key, value)],
          ['add', [value], ({ cache }: Host) => cache.add(key, value)],
          ['update', [value], ({ cache }: Host) => cache.update(key, value)],
          ['incr', [value], ({ cache }: Host) => cache.incr(key, value)],
          ['take', [], ({ cache }: Host) => cache.take(key)],
          ['del', [], ({ cache }: Host) => cache.del(key)],
          ['exists', [], ({ cache }: Host) => cache.exists(key)],
          ['get', [], ({ cache }: Host) => cache.get(key)],
        ][Math.floor(random() * 8)] as [string, unknown[], (host: Host) => Promise<unknown>];
        await this.#recorded(client, key, action, args, make);
        await rest(20);
      }
    };
    const change = async (key: number): Promise<void> => {
      const generation = { made: 0, invalidated: 0 };
      this.#generations.set(key, generation);
      while (!over()) {
        await rest(40);
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
    const { random, rest, over, accuse } = this.#options;
    const read = async (): Promise<void> => {
      while (!over()) {
        const register = this.#registers[Math.floor(random() * registers)]!;
        const judge = register.read();
        const value = await this.#call(register.key, ({ cache }) => cache.get(register.key));
        if (value !== failed) accuse(judge(value));
        await rest(4);
      }
    };
    const readOthers = async (): Promise<void> => {
      while (!over()) {
        const late = random() < 0.6;
        const some = late ? this.#cleared : this.#expiring;
        const register = some[Math.floor(random() * some.length)]!;
        const judge = register.read();
        const value = late
          ? await this.#callLate((host) => host.late!.get(register.key), register.key)
          : await this.#call(register.key, ({ cache }) => cache.get(register.key));
        if (value !== failed) accuse(judge(value));
        await rest(4);
      }
    };
    const load = async (): Promise<void> => {
      while (!over()) {
        const key = 200 + Math.floor(random() * loaded);
        const value = await this.#call(key, ({ cache }) => cache.fetch(key, 'load'));
        if (value !== failed && value !== key * 2) accuse(`key ${key}: loaded ${value}`);
        await rest(6);
      }
    };
    const follow = async (): Promise<void> => {
      while (!over()) {
        const key = 300 + Math.floor(random() * sources);
        const { invalidated } = this.#generations.get(key)!;
        const value = await this.#call(key, ({ cache }) => cache.fetch(key, 'generation'));
        if (value !== failed && value < invalidated) {
          accuse(`key ${key}: generation ${value} came back after ${invalidated}`);
        }
        await rest(6);
      }
    };
    const list = async (): Promise<void> => {
      while (!over()) {
        const keys = await this.#call('all keys', ({ cache }) => cache.keys());
        if (keys !== failed && new Set(keys).size !== keys.length) accuse(`keys() names one twice: ${keys}`);
        await rest(30);
      }
    };
    return [read(), read(), read(), readOthers(), readOthers(), load(), load(), follow(), follow(), list()];
  }

  #next(): number {
    this.#values += 1;
    return this.#values;
  }

  /** Makes a call at some node. A failure is a violation unless what happens to the cluster explains it. */
  async #call<T>(
    what: number | 'all keys',
    make: (host: Host) => Promise<T>,
    host: Host | undefined = this.#options.hosts.pick(),
  ): Promise<T | typeof failed> {
    const { plan, accuse, asked, rest } = this.#options;
    if (host === undefined) {
      await rest(10);
      return failed;
    }
    asked();
    try {
      return await Promise.race([make(host), host.gone.then((): typeof failed => failed)]);
    } catch (error) {
      // What is asked of one key is asked again when its answer is lost.
      const broken = plan.breaks && what === 'all keys';
      if (plan.crashes === 'never' && !plan.blocks && !broken)
        accuse(`a call for ${what} at ${host.id} failed: ${(error as Error).message}`);
      return failed;
    }
  }

  /** The same for the cache that was opened later, at a node that has it. It is not asked where there is none. */
  #callLate<T>(make: (host: Host) => Promise<T>, what: number | 'all keys'): Promise<T | typeof failed> {
    const { hosts, random } = this.#options;
    const some = hosts.running.filter(({ late }) => late !== undefined);
    const host = some[Math.floor(random() * some.length)];
    return host === undefined ? Promise.resolve(failed) : this.#call(what, make, host);
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

  /** A slow source. It reads what it will answer when it begins, so that a result can be out of date when it arrives. */
  async #load(runner: string, hasty: boolean, key: number, source: () => number): Promise<number> {
    const { accuse, rest } = this.#options;
    // Who leaves in a hurry does not wait for what it still begins.
    if (hasty) this.#disturbed.add(partitionOf(hashKey(key), partitions));
    const value = source();
    const watched = key < 300 && !this.#isDisturbed(key);
    if (watched) {
      const running = (this.#running.get(key) ?? 0) + 1;
      this.#running.set(key, running);
      this.#loads.set(key, (this.#loads.get(key) ?? 0) + 1);
      if (running > 1) accuse(`key ${key}: two loads at a time`);
      if (this.#loads.get(key)! > 1) accuse(`key ${key}: loaded again`);
    }
    await rest(60);
    if (watched && !this.#lostRunners.has(runner)) this.#running.set(key, this.#running.get(key)! - 1);
    return value;
  }

  #each(partition: number, all: boolean, act: (register: Register) => void): void {
    const { lateBacked } = this.#options.plan;
    const concerned = [
      ...(all ? [...this.#registers, ...this.#expiring] : []),
      ...(all || !lateBacked ? this.#cleared : []),
    ];
    for (const register of concerned) {
      if (partitionOf(hashKey(register.key), partitions) === partition) act(register);
    }
  }

  #isDisturbed(key: number): boolean {
    return this.#disturbed.has(partitionOf(hashKey(key), partitions));
  }
}

const failed: unique symbol = Symbol('failed');
