import { TestCluster } from '@cachex/router/testing';
import { describe, expect, it } from 'vitest';
import { type ClusterCache, ClusterNode } from '../../src/cluster/index.ts';

/** `STRIDE=1` crashes at each step; otherwise it is enough to look at some, another set for each victim. */
const stride = Number(process.env.STRIDE ?? 22);
const patience = { timeout: 24 * 3_600_000 };
const keys = Array.from({ length: 24 }, (_, key) => key);
const counters = [100, 101, 102, 103];

interface Story {
  /** How many steps the part took in which somebody may die. */
  readonly steps: number;
  readonly complaints: readonly string[];
}

/**
 * Three nodes with one backup of everything; a fourth joins and another leaves, while counters go up. At `crashAt` steps
 * from there `victim` dies.
 */
async function story(victim: string, crashAt: number): Promise<Story> {
  const cluster = new TestCluster({ seed: 5, delay: 3, storeDelay: 3 });
  const { clock } = cluster;
  const nodes = new Map<string, { node: ClusterNode; cache: ClusterCache<number, number> }>();
  const start = async (id: string): Promise<void> => {
    const node = new ClusterNode(await cluster.enter(id, { partitions: 16, backups: 1, failureAfter: 200 }));
    nodes.set(id, { node, cache: node.cache<number, number>('c') });
  };
  const rest = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  const complaints: string[] = [];
  for (const id of ['a', 'b', 'c']) await clock.run(start(id));
  const { node, cache } = nodes.get('c')!;
  await clock.run(Promise.all(keys.map((key) => cache.put(key, key * 10))));
  while (node.status().underReplicated > 0 || node.status().moving > 0) await clock.advance(10);

  const acknowledged = counters.map(() => 0);
  const unknown = counters.map(() => 0);
  let over = false;
  const count = async (n: number): Promise<void> => {
    while (!over) {
      try {
        await cache.incr(counters[n]!);
        acknowledged[n]! += 1;
      } catch {
        unknown[n]! += 1;
      }
      await rest(2);
    }
  };
  const from = clock.steps;
  clock.onStep = (step) => {
    if (step === from + crashAt) cluster.crash(victim);
  };
  const counting = counters.map((_, n) => count(n));
  const joining = start('d');
  joining.catch(() => {});
  await clock.advance(60);
  const leaving = nodes.get('a')!.node.leave();
  leaving.catch(() => {});
  await clock.advance(140);
  const steps = clock.steps - from;
  clock.onStep = undefined;
  over = true;
  await clock.run(Promise.all(counting));
  // Whatever was under way comes to an end, and every partition has its copy again.
  let tries = 0;
  while ((node.status().underReplicated > 0 || node.status().moving > 0) && tries < 100) {
    tries += 1;
    await clock.advance(50);
  }
  if (tries === 100) complaints.push('it does not come to rest');
  for (const key of keys) {
    const value = await clock.run(cache.get(key));
    if (value !== key * 10) complaints.push(`key ${key} is ${value}`);
  }
  for (const [n, key] of counters.entries()) {
    const value = (await clock.run(cache.get(key))) ?? 0;
    const [least, most] = [acknowledged[n]!, acknowledged[n]! + unknown[n]!];
    if (value < least || value > most) complaints.push(`counter ${key} is ${value}, not ${least} to ${most}`);
  }
  return { steps, complaints };
}

describe('with one backup of everything, a node may die', () => {
  it.each([
    ['a', 'the one that leaves'],
    ['b', 'one that stays'],
    ['d', 'the one that joins'],
  ])('at any step of a join and a leave: %s, %s', patience, async (victim) => {
    const { steps, complaints } = await story(victim, Number.POSITIVE_INFINITY);
    expect(complaints).toEqual([]);
    const failures: Record<number, readonly string[]> = {};
    for (let at = 1 + (victim.charCodeAt(0) % stride); at < steps; at += stride) {
      const { complaints: found } = await story(victim, at);
      if (found.length > 0) failures[at] = found;
    }
    expect(failures).toEqual({});
  });
});
