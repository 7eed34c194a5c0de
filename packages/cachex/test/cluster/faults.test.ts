import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetworkProxy } from '../../../../chaos/src/network-proxy.ts';
import { assertLinearizable, counterModel, type Operation } from '../../src/testing/index.ts';
import { Ledger } from './fixtures/ledger.ts';
import { eventually, Machine, machineTime, type Outcome, type Run, type Worker } from './fixtures/machine.ts';
import { Sampler } from './fixtures/sampler.ts';

const backups = 1;
/** Where it is not the subject, silence is noticed sooner than it is by default. */
const failureAfter = '1s';

let machine: Machine;

beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => machine.stop());

/** Three nodes that hold their shares, and the backups of each other's. */
async function threeWorkers(options: object, proxy?: string): Promise<[Worker, Worker, Worker]> {
  const start = (id: string): Promise<Worker> =>
    machine.worker(id, { join: options, ...(proxy === undefined ? {} : { proxy }) });
  const workers: [Worker, Worker, Worker] = [await start('a'), await start('b'), await start('c')];
  await Promise.all(workers.map((worker) => worker.do('backedUp', 3)));
  return workers;
}

/** Names of keys. */
function keysOf(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n}`);
}

/** Keys, by the id of their owner. */
async function byOwner(
  keys: readonly string[],
  worker: Worker,
): Promise<(owner: string) => readonly string[]> {
  const routes = await worker.routes(keys);
  return (owner) => keys.filter((_, n) => routes[n]!.owner === owner);
}

describe('with a backup of everything, processes that are killed while all of them write', () => {
  const rounds = 20;
  const keysEach = 12;
  /** Fewer than by default: it is not their number that counts here, and rounds are shorter. */
  const partitions = 1024;

  it(`${rounds} of them, lose no acknowledged write`, { timeout: 300_000 }, async () => {
    const ledger = new Ledger();
    const keys = new Map<Worker, readonly string[]>();
    const enlist = (worker: Worker, life: number): void => {
      keys.set(worker, keysOf(`${worker.id}${life}`, keysEach));
      ledger.follow(worker, keys.get(worker)!);
    };
    const write = (worker: Worker): Promise<void> => worker.do('write', keys.get(worker)!);
    /** Every key of these workers was written, and the write acknowledged, once more. */
    const progress = async (workers: readonly Worker[]): Promise<void> => {
      const theirs = workers.flatMap((worker) => keys.get(worker)!);
      const before = ledger.certain(theirs);
      await eventually('every key is written again', () =>
        ledger.certain(theirs).every((number, n) => number > before[n]!),
      );
    };

    const workers: Worker[] = await threeWorkers({ backups, failureAfter, partitions });
    for (const worker of workers) enlist(worker, 0);
    await Promise.all(workers.map(write));
    for (let round = 1; round <= rounds; round += 1) {
      await progress(workers);
      const position = round % workers.length;
      const victim = workers[position]!;
      const survivors = workers.filter((worker) => worker !== victim);
      await victim.kill();
      ledger.orphan(keys.get(victim)!);
      await progress(survivors);
      await Promise.all(survivors.map((worker) => worker.do('stopWriting')));
      for (const survivor of survivors) {
        const outcomes = await survivor.each('get', ledger.keys);
        expect(ledger.audit(ledger.keys, outcomes), `round ${round}, read by ${survivor.id}`).toEqual([]);
      }
      await Promise.all(survivors.map(write));
      const replacement = await machine.worker(victim.id, { join: { backups, failureAfter } });
      workers[position] = replacement;
      enlist(replacement, round);
      await Promise.all(workers.map((worker) => worker.do('backedUp', workers.length)));
      await write(replacement);
    }
    await Promise.all(workers.map((worker) => worker.do('stopWriting')));
    for (const worker of workers) {
      expect(ledger.audit(ledger.keys, await worker.each('get', ledger.keys))).toEqual([]);
    }
    expect(ledger.acknowledged).toBeGreaterThan(rounds * 3 * keysEach);
  });
});

describe('a process that is stopped for ten seconds', () => {
  const stopped = 10_000;
  const keys = keysOf('key', 48);

  it('answers nothing stale once it goes on, for others have its keys', { timeout: 120_000 }, async () => {
    const [a, b, c] = await threeWorkers({ backups });
    const own = (await byOwner(keys, c))(c.id);
    expect(own.length).toBeGreaterThan(4);
    await a.put(keys, 'old');
    await c.do('sample', keys);
    await eventually('the samples are taken', async () => (await c.try('get', own[0])).value === 'old');

    c.suspend();
    const tenSeconds = new Promise((resolve) => setTimeout(resolve, stopped));
    // Questions that wait for it: the first thing it does is to answer them.
    const waiting = Promise.all(Array.from({ length: 5 }, () => c.each('get', keys)));
    waiting.catch(() => {});
    const retried = async (
      worker: Worker,
      method: string,
      key: string,
      ...args: unknown[]
    ): Promise<unknown> => {
      let value: unknown;
      await eventually(`${worker.id} has an answer about ${key}`, async () => {
        const outcome = await worker.try(method, key, ...args, { timeout: '1s' });
        value = outcome.value;
        return outcome.code === undefined;
      });
      return value;
    };
    // What it owned is not lost; then it is overwritten.
    expect(await Promise.all(own.map((key) => retried(b, 'get', key)))).toEqual(own.map(() => 'old'));
    await Promise.all(keys.map((key, n) => retried(n % 2 === 0 ? a : b, 'put', key, 'new')));
    const overwritten = machineTime();
    await tenSeconds;
    c.resume();

    // It has understood once all is fresh, or all calls are refused for good.
    let sweeps = 0;
    await eventually('the process has understood', async () => {
      const outcomes = await c.each('get', keys, { timeout: '1s' });
      expect(stale(outcomes)).toEqual([]);
      sweeps += 1;
      const fresh = outcomes.every(({ value }) => value === 'new');
      return sweeps >= 100 && (fresh || outcomes.every(({ code }) => code === 'FENCED'));
    });
    for (const outcomes of await waiting) expect(stale(outcomes)).toEqual([]);
    const runs = await c.do<readonly Run[]>('stopSampling');
    const late = runs.filter(({ last }) => last > overwritten);
    expect(new Set(late.map(({ key }) => key)).size).toBe(keys.length);
    expect(stale(late)).toEqual([]);
    // For the others nothing has changed.
    for (const worker of [a, b]) expect(await worker.values(keys)).toEqual(keys.map(() => 'new'));
  });

  /** Answers that are neither the new value nor an error with a code. */
  function stale(outcomes: readonly Outcome[]): readonly Outcome[] {
    return outcomes.filter(({ value, code }) =>
      code === undefined ? value !== 'new' : !/^[A-Z_]+$/.test(code),
    );
  }
});

describe('two processes of three', () => {
  const keys = keysOf('key', 48);

  interface Shares {
    /** Keys of the survivor. */
    readonly own: readonly string[];
    readonly others: readonly string[];
    /** Those of the others of which the survivor has a copy. */
    readonly copied: readonly string[];
  }

  async function sharesOf(worker: Worker): Promise<Shares> {
    const routes = await worker.routes(keys);
    const which = (holds: (route: (typeof routes)[number]) => boolean): readonly string[] =>
      keys.filter((_, n) => holds(routes[n]!));
    const shares = {
      own: which(({ owner }) => owner === worker.id),
      others: which(({ owner }) => owner !== worker.id),
      copied: which(({ owner, backups }) => owner !== worker.id && backups.includes(worker.id)),
    };
    for (const share of Object.values(shares)) expect(share.length).toBeGreaterThan(4);
    return shares;
  }

  /** What the two took with them begins again empty. */
  async function expectServed(worker: Worker, { own, copied }: Shares, value: unknown): Promise<void> {
    expect(await worker.values(own)).toEqual(own.map(() => value));
    expect(await worker.values(copied)).toEqual(copied.map(() => 'first'));
    const lost = keys.filter((key) => !own.includes(key) && !copied.includes(key));
    expect(await worker.values(lost)).toEqual(lost.map(() => undefined));
  }

  it('that are stopped take their keys along until they are killed', { timeout: 120_000 }, async () => {
    const [a, b, c] = await threeWorkers({ backups, failureAfter });
    const shares = await sharesOf(a);
    await a.put(keys, 'first');
    b.suspend();
    c.suspend();
    let value = '';
    // Four seconds: had it had the right to, the survivor would have taken over by then.
    for (const round of ['second', 'third', 'fourth', 'fifth']) {
      const refused = a.each('get', shares.others, { timeout: '1s' });
      refused.catch(() => {});
      // The first of these waits until the copies that do not answer are given up.
      await a.put(shares.own, round, { timeout: '20s' });
      expect(await a.values(shares.own)).toEqual(shares.own.map(() => round));
      for (const { code } of await refused) expect(code).toMatch(/^(NODE_DOWN|TIMEOUT)$/);
      value = round;
    }
    expect((await a.status()).members.map(({ id }) => id)).toEqual(['a', 'b', 'c']);

    await Promise.all([b.kill(), c.kill()]);
    const [d, e] = await Promise.all(
      ['d', 'e'].map((id) => machine.worker(id, { join: { backups, failureAfter } })),
    );
    await Promise.all([a, d!, e!].map((worker) => worker.do('backedUp', 3)));
    for (const worker of [a, d!, e!]) await expectServed(worker, shares, value);
    await d!.put(keys, 'anew');
    expect(await e!.values(keys)).toEqual(keys.map(() => 'anew'));
  });

  it('that are killed are done without at once', { timeout: 120_000 }, async () => {
    const [a, b, c] = await threeWorkers({ backups, failureAfter });
    const shares = await sharesOf(a);
    await a.put(keys, 'first');
    await Promise.all([b.kill(), c.kill()]);
    await expectServed(a, shares, 'first');
    await a.put(keys, 'anew');
    expect(await a.values(keys)).toEqual(keys.map(() => 'anew'));
    expect((await a.status()).members.map(({ id }) => id)).toEqual(['a']);
  });
});

describe('a node that is cut off from the two others', () => {
  let proxy: NetworkProxy;

  beforeEach(async () => {
    proxy = await NetworkProxy.listen(join(machine.directory, 'proxy'));
  });
  afterEach(() => proxy.close());

  it.each([
    { from: 'but reaches the view store', storeCut: false },
    { from: 'and from the view store', storeCut: true },
  ])('$from, answers nothing that others have overwritten', { timeout: 120_000 }, async ({ storeCut }) => {
    const [a, b, c] = await threeWorkers({ backups, failureAfter }, proxy.path);
    const sampler = new Sampler([a, b, c], keysOf('count', 24));
    const lost = (await byOwner(sampler.keys, a))(c.id);
    expect(lost.length).toBeGreaterThan(2);
    sampler.start();
    await sampler.more(4);
    await eventually('all answer', () => [a, b, c].every((worker) => failures(sampler, worker).length === 0));

    if (storeCut) await c.do('cutStore');
    proxy.cut(['c'], ['a', 'b']);
    proxy.cut(['a', 'b'], ['c']);
    await eventually('the others have taken over, and miss nothing', async () => {
      const { members } = await a.status();
      return members.length === 2 && [a, b].every((worker) => failures(sampler, worker).length === 0);
    });
    await sampler.more(10);
    await eventually('the two answer', () =>
      [a, b].every((worker) => failures(sampler, worker).length === 0),
    );
    proxy.heal();
    if (storeCut) await c.do('healStore');
    const healed = performance.now();
    await eventually('the node has understood', () => {
      const { began } = sampler.lastSweep(c);
      return began > healed && failures(sampler, c).every((failure) => failure.endsWith('FENCED'));
    });
    await sampler.more(10);
    await eventually('the two answer', () =>
      [a, b].every((worker) => failures(sampler, worker).length === 0),
    );
    await sampler.stop();

    for (const { outcomes } of sampler.sweeps(c)) {
      for (const { code } of outcomes.values()) if (code !== undefined) expect(code).toMatch(/^[A-Z_]+$/);
    }
    const counted = lost.map((key) => countsOf(sampler.operations, key).length);
    expect(Math.min(...counted)).toBeGreaterThan(4);
    expect(lost.flatMap((key) => overtaken(sampler.operations, key))).toEqual([]);
    assertLinearizable(counterModel(), sampler.operations);
  });

  /** What a worker could not answer in its last sweep. */
  function failures(sampler: Sampler, worker: Worker): readonly string[] {
    const { outcomes } = sampler.lastSweep(worker);
    return [...outcomes].flatMap(([key, { code }]) => (code === undefined ? [] : [`${key}: ${code}`]));
  }

  /** The counts of a key that the two others were answered. */
  function countsOf(operations: readonly Operation[], key: string): readonly Operation[] {
    return operations.filter(
      (one) => one.key === key && one.client !== 'c' && one.action === 'incr' && one.outcome === 'ok',
    );
  }

  /** Answers that the node gave about a key although it was asked after others had been given later ones. */
  function overtaken(operations: readonly Operation[], key: string): readonly Operation[] {
    const counts = countsOf(operations, key);
    return operations.filter((one) => {
      if (one.key !== key || one.client !== 'c' || one.outcome !== 'ok') return false;
      const earlier = counts.filter(({ returned }) => returned! < one.invoked);
      const latest = Math.max(0, ...earlier.map(({ result }) => result as number));
      const answer = (one.result ?? 0) as number;
      return one.action === 'incr' ? answer <= latest : answer < latest;
    });
  }
});
