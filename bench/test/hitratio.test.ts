import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Line } from '../src/line.ts';

const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cachex-traces-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(...flags: string[]): Line[] {
  const { status, stdout } = spawnSync(process.execPath, [main, 'hitratio', '--json', ...flags], {
    encoding: 'utf8',
    env: { ...process.env, CACHEX_TRACES: folder },
  });
  expect(status).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('the suite hitratio', () => {
  // Each of ten keys five times in a row, over and over: four of five accesses hit in a cache of one entry.
  beforeEach(() => {
    const accesses = Uint32Array.from({ length: 5_000 }, (_, n) => Math.floor(n / 5) % 10);
    const ratios = { optimal: 0.8, lru: 0.8, lrw: 0.8, s3fifo: 0.4, arc: 0.8, wtinylfu: 0.8, sieve: 0.8 };
    const cells = [
      { capacity: 1, share: 0.1, ...ratios },
      { capacity: 1, share: 0.001, ...ratios },
    ];
    writeFileSync(join(folder, 'steps.u32.gz'), gzipSync(accesses));
    writeFileSync(join(folder, 'reference.json'), JSON.stringify({ steps: cells }));
  });

  it('compares each cell with LRU, and the mean with the optimum and others', () => {
    const mean = 'mean of hit ratio / optimum, 1 cells';
    const lines = run();
    expect(lines.map((line) => [line.case, line.peerName, line.ratio.toFixed(2)])).toEqual([
      ['steps, 10 % of keys', 'lru', '1.00'],
      [mean, 'optimum', '1.00'],
      [mean, 'lru', '1.00'],
      [mean, 's3fifo', '2.00'],
      [mean, 'wtinylfu', '1.00'],
      ['worst cell beside LRU: steps, 10 % of keys', 'lru', '1.00'],
    ]);
    expect(lines.map(({ target }) => target?.toFixed(3))).toEqual([
      undefined,
      '0.845',
      '1.000',
      '1.000',
      '1.000',
      '0.950',
    ]);
  });

  it('adds the other policies, the smallest caches and generated patterns with --full', () => {
    const lines = run('--full');
    expect(lines.filter((line) => line.case === 'steps, 0.1 % of keys')).toHaveLength(6);
    expect(lines.filter((line) => line.case === 'loop of 110 %').map(({ peerName }) => peerName)).toEqual([
      'lru',
      's3fifo',
    ]);
  });
});
