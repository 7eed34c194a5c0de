import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pinned } from '../src/machine.ts';
import { allCandidates, candidateOf, packages } from '../src/peers/index.ts';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const versions = pinned(manifest.dependencies);

/** Ours, and those that reach another process. */
const others = [
  ...['@cachex/router', '@keyv/redis', '@nats-io/transport-node', 'ioredis', 'ioredis6', 'msgpackr'],
  ...['redis5', 'redis6'],
];

describe('peers', () => {
  it('are the packages that are installed, at exactly one version each', () => {
    const local = packages.filter((name) => name !== 'Map');
    expect([...local, ...others].sort()).toEqual(Object.keys(versions).sort());
    for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('are found by the names of their candidates, which differ', async () => {
    const candidates = await allCandidates();
    expect(new Set(candidates.map(({ name }) => name)).size).toBe(candidates.length);
    for (const candidate of candidates) expect(await candidateOf(candidate.name)).toBe(candidate);
    await expect(candidateOf('nobody')).rejects.toThrow('nobody');
  });
});
