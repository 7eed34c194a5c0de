import { describe, expect, it } from 'vitest';
import { type Report, type SimulationOptions, simulate } from './simulation.ts';

/**
 * `SEED=123 npx vitest run packages/cachex/test/simulation` runs that seed alone, as often as you like, with the same
 * outcome; `SEEDS=20000` runs more of them.
 */
const only = process.env.SEED;
const seeds = Number(process.env.SEEDS ?? 1_000);
const seedsToRun = only === undefined ? Array.from({ length: seeds }, (_, n) => n + 1) : [Number(only)];

async function failuresOf(
  options: Omit<SimulationOptions, 'seed'>,
): Promise<{ failures: string[]; reports: Report[] }> {
  const failures: string[] = [];
  const reports: Report[] = [];
  for (const seed of seedsToRun) {
    const report = await simulate({ ...options, seed });
    reports.push(report);
    if (report.violations.length > 0)
      failures.push(`SEED=${seed}: ${report.violations.slice(0, 5).join('\n  ')}`);
    if (failures.length >= 5) break;
  }
  return { failures, reports };
}

describe('under load, while nodes join, leave, stop and change their weight', () => {
  it('no read misses, nothing is stale or comes back, nothing is counted or loaded twice', {
    timeout: 600_000,
  }, async () => {
    const { failures, reports } = await failuresOf({});
    expect(failures).toEqual([]);
    expect(reports.reduce((total, { moved }) => total + moved, 0)).toBeGreaterThan(5 * reports.length);
    expect(reports.reduce((total, { operations }) => total + operations, 0)).toBeGreaterThan(
      100 * reports.length,
    );
  });
});

describe('when owners and targets die at any step as well', () => {
  it('what is lost begins again empty, and nothing else is lost, stale, or comes back', {
    timeout: 600_000,
  }, async () => {
    const { failures } = await failuresOf({ crashes: true });
    expect(failures).toEqual([]);
  });
});
