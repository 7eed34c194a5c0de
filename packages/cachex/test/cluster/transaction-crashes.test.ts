import { type ManualClock, TestCluster } from '@cachex/router/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ClusterCache, ClusterNode } from '../../src/cluster/index.ts';
import { Locks } from '../../src/local/locks.ts';

/** `STRIDE=1` looks at each step. */
const stride = Number(process.env.STRIDE ?? 1);
const patience = { timeout: 24 * 3_600_000 };
const lease = 400;
const opening = 100;
const accounts = 6;

interface Stage {
  readonly cluster: TestCluster;
  readonly clock: ManualClock;
  readonly nodes: Map<string, ClusterNode>;
  cache(id: string): ClusterCache<string, number>;
  /** Keys by the node that owned them in the beginning: two of each. */
  readonly keys: readonly string[];
  start(id: string): Promise<void>;
  pause(ms: number): Promise<void>;
}

async function aStage(seed: number, backups: 0 | 1): Promise<Stage> {
  const cluster = new TestCluster({ seed, delay: 3, storeDelay: 3 });
  const { clock } = cluster;
  const nodes = new Map<string, ClusterNode>();
  const caches = new Map<string, ClusterCache<string, number>>();
  const start = async (id: string): Promise<void> => {
    const node = new ClusterNode(await cluster.enter(id, { partitions: 16, backups, failureAfter: 200 }));
    nodes.set(id, node);
    caches.set(id, node.cache<string, number>('accounts'));
  };
  for (const id of ['a', 'b', 'c']) await clock.run(start(id));
  const node = nodes.get('c')!;
  await restful(clock, node);
  const owned = (id: string): string[] =>
    Array.from({ length: 200 }, (_, n) => `account-${n}`)
      .filter((key) => node.route(key).owner === id)
      .slice(0, accounts / 3);
  const keys = ['a', 'b', 'c'].flatMap(owned);
  await clock.run(Promise.all(keys.map((key) => caches.get('c')!.put(key, opening))));
  return {
    ...{ cluster, clock, nodes, keys, start },
    cache: (id) => caches.get(id)!,
    pause: (ms) => new Promise((resolve) => void clock.after(ms, resolve)),
  };
}

async function restful(clock: ManualClock, node: ClusterNode): Promise<void> {
  for (let tries = 0; node.status().underReplicated > 0 || node.status().moving > 0; tries += 1) {
    if (tries > 200) throw new Error('it does not come to rest');
    await clock.advance(20);
  }
}

/** Moves money from the first key to the others, all of it at once; answers what the first has then. */
function transfer(cache: ClusterCache<string, number>, keys: readonly string[], step = 0): Promise<number> {
  const [from, ...to] = keys as [string, ...string[]];
  return cache.transaction(
    keys,
    async (tx) => {
      if (step > 0) await Promise.resolve();
      for (const key of to) await tx.incr(key, 10);
      return tx.decr(from, 10 * to.length);
    },
    { lease, timeout: 3_000 },
  );
}

interface Story {
  readonly steps: number;
  /** Whether the money was moved. */
  readonly moved: boolean;
  /** What its caller was told: `done`, the code of an error, or nothing, for it had died. */
  readonly outcome: string;
  readonly complaints: readonly string[];
}

/**
 * One transfer between keys of all three nodes, run by `caller`, while somebody else adds to one of them. So many steps after
 * it begins `victim` dies.
 */
async function story(caller: string, victim: string, crashAt: number): Promise<Story> {
  const { clock, cluster, cache, keys, nodes } = await aStage(5, 1);
  const complaints: string[] = [];
  const witness = ['a', 'b', 'c'].find((id) => id !== victim)!;
  const from = clock.steps;
  let over = false;
  clock.onStep = (step) => {
    if (step === from + crashAt && !over) cluster.crash(victim);
  };
  const some = [keys[4]!, keys[0]!, keys[2]!];
  let outcome = 'dead';
  const transferred = transfer(cache(caller), some).then(
    () => {
      outcome = 'done';
    },
    (error: { code?: string }) => {
      outcome = String(error.code);
    },
  );
  // Somebody else, who may have to wait for it.
  const other =
    caller === witness
      ? cache(['a', 'b', 'c'].find((id) => id !== victim && id !== caller)!)
      : cache(witness);
  let added = 0;
  const adding = other.incr(keys[0]!, 1, { timeout: 20_000 }).then(
    () => {
      added = 1;
    },
    () => {
      added = Number.NaN;
    },
  );
  if (victim === caller) await clock.run(Promise.race([transferred, adding.then(() => clock.advance(600))]));
  else await clock.run(transferred);
  const steps = clock.steps - from;
  over = true;
  clock.onStep = undefined;
  await clock.run(adding);
  // No lock outlives its lease by more than it takes to find out what became of the transaction.
  const before = clock.now();
  await clock.run(
    cache(witness)
      .transaction(keys, () => 0, { timeout: 20_000 })
      .catch((error: unknown) => complaints.push(`${error}`)),
  );
  if (clock.now() - before > lease + 2_000) complaints.push(`locked for ${clock.now() - before} ms`);
  const values = await clock.run(Promise.all(keys.map((key) => cache(witness).get(key))));
  const sum = values.reduce<number>((total, value) => total + value!, 0);
  const sums = Number.isNaN(added) ? [0, 1] : [added];
  if (!sums.some((more) => sum === accounts * opening + more))
    complaints.push(`the sum is ${sum}: ${values}`);
  const moved = values[4] === opening - 20;
  if (outcome === 'done' && !moved) complaints.push('it was lost');
  if (outcome === 'LOCK_LOST' && moved) complaints.push('it was written after all');
  await restful(clock, nodes.get(witness)!);
  return { steps, moved, outcome, complaints };
}

/** All stories in which `victim` dies at some step; answers with what went wrong at which, and how they ended. */
async function stories(
  caller: string,
  victim: string,
): Promise<{ failures: Record<number, readonly string[]>; ends: ReadonlySet<string> }> {
  const whole = await story(caller, victim, Number.POSITIVE_INFINITY);
  expect(whole).toMatchObject({ complaints: [], outcome: 'done', moved: true });
  expect(whole.steps).toBeGreaterThan(30);
  const failures: Record<number, readonly string[]> = {};
  const ends = new Set<string>();
  for (let at = 1; at <= whole.steps; at += stride) {
    const { complaints, outcome, moved } = await story(caller, victim, at);
    if (complaints.length > 0) failures[at] = complaints;
    ends.add(`${outcome}, ${moved ? 'moved' : 'not moved'}`);
  }
  return { failures, ends };
}

describe('a transaction over keys of three nodes with one backup, of which one dies at any step', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    ['c', 'c', 'its caller, which owns a part'],
    ['b', 'b', 'its caller, which owns another part'],
    ['a', 'a', 'its caller, which owns the third'],
  ])(
    'is written whole or not at all, and leaves no lock: %s runs it, %s dies, %s',
    patience,
    async (caller, victim) => {
      const { failures, ends } = await stories(caller, victim);
      expect(failures).toEqual({});
      expect([...ends].sort()).toEqual(expect.arrayContaining(['dead, moved', 'dead, not moved']));
    },
  );

  it.each([
    ['a', 'c'],
    ['a', 'b'],
    ['b', 'a'],
    ['c', 'a'],
  ])(
    'is written whole or not at all, and leaves no lock: %s runs it, %s dies, an owner',
    patience,
    async (caller, victim) => {
      const { failures, ends } = await stories(caller, victim);
      expect(failures).toEqual({});
      expect(ends).toContain('done, moved');
    },
  );

  it('would be written by halves without the record of its decision', patience, async () => {
    vi.spyOn(Locks.prototype, 'decide').mockImplementation(() => {});
    const { failures } = await stories('c', 'c');
    expect(Object.values(failures).flat()).toContainEqual(expect.stringMatching(/^the sum is/));
  });
});
