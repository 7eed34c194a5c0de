import { seeded, TestCluster } from '@cachex/router/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterCache, ClusterNode } from '../../src/cluster/index.ts';
import { Locks } from '../../src/local/locks.ts';
import { aGate } from '../gate.ts';

/** `FROM=1000 SEEDS=500` runs others, and more. */
const { FROM: from = 1, SEEDS: count = 8 } = process.env;
const seeds = Array.from({ length: Number(count) }, (_, n) => Number(from) + n);

type Accounts = ClusterCache<string, number>;

/** Nodes of one cluster in this process, each with the cache `accounts`. */
class Bank {
  readonly cluster: TestCluster;
  readonly nodes = new Map<string, ClusterNode>();
  readonly #caches = new Map<string, Accounts>();
  readonly #backups: number;
  readonly #failureAfter: number;

  constructor({ seed = 3, backups = 1, delay = 3, failureAfter = 3_000 } = {}) {
    this.cluster = new TestCluster({ seed, delay, storeDelay: 2 });
    this.#backups = backups;
    this.#failureAfter = failureAfter;
  }

  async enter(id: string): Promise<void> {
    const options = { partitions: 16, backups: this.#backups, failureAfter: this.#failureAfter };
    const node = new ClusterNode(await this.cluster.enter(id, options));
    this.nodes.set(id, node);
    this.#caches.set(id, node.cache<string, number>('accounts'));
  }

  async open(...ids: string[]): Promise<void> {
    for (const id of ids) await this.run(this.enter(id));
    await this.rest();
  }

  at(id: string): Accounts {
    return this.#caches.get(id)!;
  }

  run<T>(work: Promise<T>): Promise<T> {
    return this.cluster.run(work);
  }

  advance(ms: number): Promise<void> {
    return this.cluster.clock.advance(ms);
  }

  /** Nothing moves any more, and everything has its copies. */
  async rest(): Promise<void> {
    const [node] = this.nodes.values();
    for (let tries = 0; node!.status().underReplicated > 0 || node!.status().moving > 0; tries += 1) {
      if (tries > 500) throw new Error('it does not come to rest');
      await this.advance(10);
    }
  }

  /** The first keys that this node owns now. */
  keysOf(id: string, count: number): string[] {
    const [node] = this.nodes.values();
    return Array.from({ length: 300 }, (_, n) => `account-${n}`)
      .filter((key) => node!.route(key).owner === id)
      .slice(0, count);
  }

  async sum(id: string, keys: readonly string[]): Promise<number> {
    const values = await this.run(Promise.all(keys.map((key) => this.at(id).get(key))));
    return values.reduce<number>((total, value) => total + (value ?? 0), 0);
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the holder of locks', () => {
  it('that hangs for longer than its lease gets LOCK_LOST, and has written nothing', async () => {
    // A copy there would have to know of what is written meanwhile.
    const bank = new Bank({ backups: 0 });
    await bank.open('a', 'b', 'c');
    const [x, y] = [bank.keysOf('a', 1)[0]!, bank.keysOf('b', 1)[0]!];
    const [begun, gate] = [aGate(), aGate()];
    const running = bank.at('c').transaction(
      [x, y],
      async (tx) => {
        await tx.put(x, 1);
        await tx.put(y, 1);
        begun.open();
        await gate.passed;
      },
      { lease: 300, timeout: '1m' },
    );
    running.catch(() => {});
    await bank.run(begun.passed);
    bank.cluster.pause('c');
    // Others get the locks once the lease has run out, and not before.
    const before = bank.cluster.clock.now();
    await bank.run(bank.at('b').put(x, 5, { timeout: '1m' }));
    const waited = bank.cluster.clock.now() - before;
    expect(waited).toBeGreaterThan(150);
    expect(waited).toBeLessThan(400);
    bank.cluster.resume('c');
    gate.open();
    await expect(bank.run(running)).rejects.toMatchObject({ code: 'LOCK_LOST' });
    expect(await bank.run(Promise.all([bank.at('a').get(x), bank.at('a').get(y)]))).toEqual([5, undefined]);
  });

  it('that only reads gets LOCK_LOST as well: what it has read is not of one moment', async () => {
    const bank = new Bank();
    await bank.open('a', 'b', 'c');
    const [x, y] = [bank.keysOf('a', 1)[0]!, bank.keysOf('b', 1)[0]!];
    const [begun, gate] = [aGate(), aGate()];
    const running = bank.at('c').transaction(
      [x, y],
      async () => {
        begun.open();
        await gate.passed;
      },
      { lease: 300, timeout: '1m' },
    );
    running.catch(() => {});
    await bank.run(begun.passed);
    bank.cluster.pause('c');
    await bank.advance(400);
    bank.cluster.resume('c');
    gate.open();
    await expect(bank.run(running)).rejects.toMatchObject({ code: 'LOCK_LOST' });
  });

  it('keeps them for as long as it works, by renewing them', async () => {
    const bank = new Bank();
    await bank.open('a', 'b', 'c');
    const x = bank.keysOf('a', 1)[0]!;
    const [begun, gate] = [aGate(), aGate()];
    const running = bank.at('c').transaction(
      [x],
      async (tx) => {
        begun.open();
        await gate.passed;
        return tx.incr(x);
      },
      { lease: 300, timeout: '1m' },
    );
    await bank.run(begun.passed);
    const adding = bank.at('b').incr(x, 10, { timeout: '1m' });
    await bank.advance(5_000);
    gate.open();
    expect(await bank.run(running)).toBe(1);
    expect(await bank.run(adding)).toBe(11);
  });

  it('loses them at once when it dies', async () => {
    const bank = new Bank();
    await bank.open('a', 'b', 'c');
    const x = bank.keysOf('a', 1)[0]!;
    const begun = aGate();
    const running = bank.at('c').transaction(
      [x],
      async () => {
        begun.open();
        await new Promise(() => {});
      },
      { lease: '1h', timeout: '1h' },
    );
    running.catch(() => {});
    await bank.run(begun.passed);
    bank.cluster.crash('c');
    const before = bank.cluster.clock.now();
    await bank.run(bank.at('b').put(x, 1, { timeout: '1h' }));
    expect(bank.cluster.clock.now() - before).toBeLessThan(1_000);
  });

  it('that waits too long for its own function gets TIMEOUT, and lets go', async () => {
    const bank = new Bank();
    await bank.open('a', 'b', 'c');
    const x = bank.keysOf('a', 1)[0]!;
    const endless = bank.at('c').transaction([x], () => new Promise(() => {}), { timeout: 500 });
    await expect(bank.run(endless)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await bank.run(bank.at('b').incr(x, 1, { timeout: 100 }))).toBe(1);
  });
});

describe('locks', () => {
  it('move with their partitions, and those who wait for them go along', async () => {
    const bank = new Bank({ backups: 1 });
    await bank.open('a', 'b');
    const keys = [...bank.keysOf('a', 6), ...bank.keysOf('b', 6)];
    await bank.run(Promise.all(keys.map((key) => bank.at('a').put(key, 100))));
    const [begun, gate] = [aGate(), aGate()];
    const running = bank.at('a').transaction(
      keys,
      async (tx) => {
        begun.open();
        await gate.passed;
        for (const key of keys.slice(1)) await tx.decr(key, 10);
        await tx.incr(keys[0]!, 110);
      },
      { lease: 600, timeout: '1h' },
    );
    await bank.run(begun.passed);
    const waiting = Promise.all(keys.map((key) => bank.at('a').incr(key, 1, { timeout: '1h' })));
    await bank.advance(50);
    // Two come, and then one of the first goes.
    await bank.run(Promise.all([bank.enter('c'), bank.enter('d')]));
    await bank.rest();
    await bank.run(bank.nodes.get('b')!.leave({ within: '1m' }));
    await bank.rest();
    expect(keys.filter((key) => ['c', 'd'].includes(bank.nodes.get('a')!.route(key).owner!))).not.toEqual([]);
    const asked = bank.at('c').incr(keys[1]!, 1, { timeout: 200 });
    await expect(bank.run(asked)).rejects.toMatchObject({ code: 'LOCKED' });
    gate.open();
    await bank.run(running);
    await bank.run(waiting);
    const read = await bank.run(Promise.all(keys.map((key) => bank.at('d').get(key))));
    expect(read).toEqual([211, ...keys.slice(1).map(() => 91)]);
  });
});

describe('a transaction over keys of several nodes', () => {
  /** What a reader sees of the second key once it has seen the first one written. */
  async function seen(): Promise<readonly (number | undefined)[]> {
    const later: (number | undefined)[] = [];
    for (let seed = 1; seed <= 12; seed += 1) {
      const bank = new Bank({ seed, delay: 8 });
      await bank.open('a', 'b', 'c');
      const keys = ['a', 'b', 'c'].flatMap((id) => bank.keysOf(id, 2));
      const running = bank
        .at('c')
        .transaction(keys, async (tx) => Promise.all(keys.map((key) => tx.put(key, 1))), { timeout: '1m' });
      const reader = async (): Promise<void> => {
        for (;;) {
          const values = await Promise.all(keys.map((key) => bank.at('b').get(key)));
          if (!values.includes(1)) continue;
          later.push(...(await Promise.all(keys.map((key) => bank.at('b').get(key)))));
          return;
        }
      };
      await bank.run(Promise.all([running, reader()]));
    }
    return later;
  }

  it('is seen at all of them once it is seen at one', async () => {
    expect(new Set(await seen())).toEqual(new Set([1]));
  });

  it('would be seen at one before another if reads of what is staged did not wait', async () => {
    const { blocks } = Locks.prototype;
    vi.spyOn(Locks.prototype, 'blocks').mockImplementation(function (this: Locks, key, effect) {
      return effect === 'write' && blocks.call(this, key, effect);
    });
    expect(await seen()).toContain(undefined);
  });
});

describe('many transactions over the same keys', () => {
  const opening = 100;

  /** Money is moved at random by transactions of three nodes, while nodes come, go and die. Answers with what is wrong. */
  async function trouble(seed: number): Promise<readonly string[]> {
    const bank = new Bank({ seed, failureAfter: 300 });
    const random = seeded(seed);
    const wrong: string[] = [];
    await bank.open('a', 'b', 'c', 'victim', 'leaver');
    const keys = ['a', 'b', 'c', 'victim', 'leaver'].flatMap((id) => bank.keysOf(id, 2));
    await bank.run(Promise.all(keys.map((key) => bank.at('a').put(key, opening))));
    await bank.rest();
    const clients = ['a', 'b', 'c'];
    let [moved, observed] = [0, 0];
    const options = { lease: 500, timeout: '1m' } as const;
    const pick = (): string => keys[Math.floor(random() * keys.length)]!;
    const move = async (id: string): Promise<void> => {
      const some = [...new Set([pick(), pick(), pick(), pick()])];
      const [from, ...to] = some;
      await bank.at(id).transaction(
        some,
        async (tx) => {
          // At random some of them take their time, or go wrong.
          const luck = random();
          if (luck < 0.3)
            await new Promise<void>((resolve) => void bank.cluster.clock.after(luck * 40, resolve));
          for (const key of to) await tx.incr(key, 5);
          await tx.decr(from!, 5 * to.length);
          if (luck > 0.9) throw new RangeError('it went wrong');
        },
        options,
      );
      moved += 1;
    };
    const observe = async (id: string): Promise<void> => {
      const values = await bank
        .at(id)
        .transaction([...keys].reverse(), (tx) => Promise.all(keys.map((key) => tx.get(key))), options);
      observed += 1;
      const sum = values.reduce<number>((total, value) => total + value!, 0);
      if (sum !== opening * keys.length) wrong.push(`${id} saw ${sum}: ${values}`);
    };
    const work = clients.map(async (id) => {
      for (let round = 0; round < 12; round += 1) {
        const several = Array.from({ length: 3 }, () => (random() < 0.8 ? move(id) : observe(id)));
        for (const each of await Promise.allSettled(several)) {
          if (each.status === 'fulfilled' || each.reason instanceof RangeError) continue;
          const { code } = each.reason as { code?: string };
          // A node that dies may take an answer with it, and its locks may be overtaken while others take over.
          if (!['UNKNOWN_OUTCOME', 'LOCK_LOST', 'NODE_DOWN'].includes(String(code)))
            wrong.push(`${each.reason}`);
        }
      }
    });
    const { clock } = bank.cluster;
    clock.after(40, () => void bank.enter('joiner').catch((error: unknown) => wrong.push(`${error}`)));
    clock.after(150, () => void bank.nodes.get('leaver')!.leave({ within: '1m' }));
    clock.after(300, () => bank.cluster.crash('victim'));
    await bank.run(Promise.all(work));
    await bank.rest();
    await bank.run(observe('b').catch((error: unknown) => void wrong.push(`at the end: ${error}`)));
    if (moved < 40 || observed < 3) wrong.push(`only ${moved} moved and ${observed} observed`);
    return wrong;
  }

  it.each(seeds)('all end, and no money appears or vanishes: seed %i', async (seed) => {
    expect(await trouble(seed)).toEqual([]);
  });
});
