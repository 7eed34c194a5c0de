import type { TestClusterOptions } from '@cachex/router/testing';
import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

/**
 * `SEED=123 npx vitest run packages/cachex/test/simulation` runs that seed alone, as often as you like, with the same
 * outcome; `SEEDS=20000` runs more of them. Every second seed lets nodes die as well, and every third breaks links.
 */
const only = process.env.SEED;
const count = Number(process.env.SEEDS ?? 1_000);
const seeds = only === undefined ? Array.from({ length: count }, (_, n) => n + 1) : [Number(only)];
const patience = { timeout: 24 * 3_600_000 };

type Safeguard = NonNullable<TestClusterOptions['without']>[number];

async function run(chosen: readonly number[], without: readonly Safeguard[] = [], enough = 5) {
  const failures: string[] = [];
  let moved = 0;
  let operations = 0;
  for (const seed of chosen) {
    const report = await simulate({
      seed,
      crashes: seed % 2 === 0,
      breaks: seed % 3 === 0,
      without,
    });
    moved += report.moved;
    operations += report.operations;
    if (report.violations.length > 0)
      failures.push([`SEED=${seed}`, ...report.violations.slice(0, 5)].join('\n  '));
    if (failures.length >= enough) break;
  }
  return { failures, moved, operations };
}

describe('a cluster under load whose members join, leave, stop and change their weight', () => {
  it('never misses, never answers twice, and brings nothing back', patience, async () => {
    const chosen = seeds.filter((seed) => seed % 2 === 1);
    const { failures, moved, operations } = await run(chosen);
    expect(failures).toEqual([]);
    // The runs were about something.
    expect(moved).toBeGreaterThan(5 * chosen.length - 1);
    expect(operations).toBeGreaterThan(100 * chosen.length - 1);
  });

  it('begins again empty where an owner died, and loses nothing else', patience, async () => {
    const { failures } = await run(seeds.filter((seed) => seed % 2 === 0));
    expect(failures).toEqual([]);
  });
});

describe.skipIf(only !== undefined)('the simulation notices a cluster', () => {
  const odd = Array.from({ length: 50 }, (_, n) => 2 * n + 1);

  it('without sealing', patience, async () => {
    expect((await run(odd, ['sealing'], 1)).failures).not.toEqual([]);
  });

  it('that commits before the copy is in sync', patience, async () => {
    expect((await run(odd, ['singleCommit'], 1)).failures).not.toEqual([]);
  });

  it('whose changes reach a copy out of order', patience, async () => {
    expect((await run(odd, ['orderedDeltas'], 1)).failures).not.toEqual([]);
  });

  it('whose nodes answer without owning the key', patience, async () => {
    expect((await run(odd, ['ownershipCheck'], 1)).failures).not.toEqual([]);
  });

  it('whose loads in flight stay behind', patience, async () => {
    expect((await run(odd, ['movingLoads'], 1)).failures).not.toEqual([]);
  });
});
