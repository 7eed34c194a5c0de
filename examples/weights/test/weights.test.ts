import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const entries = 7_000;
const partitions = 4_096;

interface Share {
  readonly id: string;
  readonly weight: number;
  readonly partitions: number;
  readonly entries: number;
}

/** The tables that were printed, by their titles. */
function tables(output: string): Map<string, Share[]> {
  const found = new Map<string, Share[]>();
  let shares: Share[] = [];
  for (const text of output.split('\n')) {
    const [, id, ...figures] = /^(\w+) +weight (\d+) +(\d+) partitions +(\d+) entries$/.exec(text) ?? [];
    if (id === undefined) {
      shares = [];
      found.set(text, shares);
      continue;
    }
    const [weight, partitions, entries] = figures.map(Number) as [number, number, number];
    shares.push({ id, weight, partitions, entries });
  }
  return found;
}

function expectShares(shares: readonly Share[], weights: Readonly<Record<string, number>>): void {
  expect(Object.fromEntries(shares.map(({ id, weight }) => [id, weight]))).toEqual(weights);
  const all = shares.reduce((sum, { weight }) => sum + weight, 0);
  for (const share of shares) {
    const ideal = (partitions * share.weight) / all;
    expect(Math.abs(share.partitions - ideal)).toBeLessThan(1);
    expect(share.entries).toBeGreaterThan(0);
  }
  expect(shares.reduce((sum, share) => sum + share.entries, 0)).toBe(entries);
}

it('shares the cache by weight, before and after a weight is changed, and every entry is there', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main], { timeout: 50_000 });
  expect(stderr).toBe('');
  const shown = tables(stdout.trimEnd());
  const titles = ['before', 'after setWeight(4) of the small one', '7000 of 7000 entries were read'];
  expect([...shown.keys()]).toEqual(titles);
  const [before, after] = [...shown.values()];
  expectShares(before!, { small: 1, medium: 2, large: 4 });
  expectShares(after!, { small: 4, medium: 2, large: 4 });
  // Nothing moved but to the one that asked for more.
  for (const [n, { partitions }] of after!.slice(1).entries())
    expect(partitions).toBeLessThanOrEqual(before![n + 1]!.partitions);
});
