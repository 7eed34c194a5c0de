import { describe, expect, it } from 'vitest';
import { identityOfRun } from '../../src/remote/comparisons.ts';
import { allRemoteCandidates, remoteCandidateOf } from '../../src/remote/peers/index.ts';
import { allComparisons, briefComparisons } from '../../src/remote/plan.ts';

describe('the remote suite', () => {
  it('sets a target wherever one was asked for, without --full', () => {
    const found = briefComparisons()
      .filter(({ target }) => target !== undefined)
      .map(({ case: name, peerName, target }) => `${name} | ${peerName} | ${target!.toFixed(2)}`);
    const [get, many] = ['get, 100 B', 'getMany of 100, 100 B'];
    const recorded = 'Cachex 4.1.1 on three nodes (recorded)';
    const redis = [
      ...['node-redis 5', 'node-redis 6', 'node-redis 6 without timeout'].map((peer) => ['unix', peer]),
      ...['node-redis 5', 'node-redis 6 without timeout'].map((peer) => ['tcp', peer]),
    ].flatMap(([link, peer]) => [
      `${get}, 256 in flight: cachex, ${link} | ${peer}, msgpackr, ${link} | 2.00`,
      `${get}, 256 in flight: cachex, ${link}, processors | ${peer}, msgpackr, ${link} | 1.67`,
    ]);
    const expected = [
      ...redis,
      `${get}, 256 in flight: cachex, tls | node-redis 5, msgpackr, tcp | 1.30`,
      `${get}, 256 in flight: cachex, nats | node-redis 5, msgpackr, tcp | 1.00`,
      `${get}, 256 in flight: cachex, three nodes | node-redis 5, msgpackr, unix | 2.50`,
      `${get}, 4,096 in flight: cachex, unix | node-redis 5, msgpackr, unix | 5.00`,
      `${get}, 1 in flight: cachex, unix, p50 | node-redis 5, msgpackr, unix | 1.00`,
      `${many}, 1 in flight: cachex, unix | node-redis 5, msgpackr, unix | 2.00`,
      `${many}, 16 in flight: cachex, unix | node-redis 5, msgpackr, unix | 2.00`,
      `${get}, 1 in flight: cachex, near cache | node-redis 5, msgpackr, unix | 50.00`,
      `${get}, 1 in flight: cachex, cluster of one | cachex, local with promises | 0.90`,
      `${get}, 256 in flight: cachex, unix | ${recorded} | 6.00`,
      `${get}, 256 in flight: cachex, unix, processors | ${recorded} | 10.00`,
    ];
    expect(found.sort()).toEqual(expected.sort());
  });

  it('measures candidates that there are', async () => {
    const runs = briefComparisons().flatMap(({ ours, peer }) => ('constant' in peer ? [ours] : [ours, peer]));
    for (const { candidate } of runs) {
      expect(await remoteCandidateOf(candidate)).toMatchObject({ name: candidate });
    }
    await expect(remoteCandidateOf('nobody')).rejects.toThrow('nobody');
  });

  it('has every line once with --full, those with targets as without, on every Node.js', async () => {
    const newest = { executable: '/node', name: 'Node.js 99' };
    const lines = allComparisons(await allRemoteCandidates(), [undefined, newest]);
    const names = lines.map(({ case: name, peerName }) => `${name} | ${peerName}`);
    expect(new Set(names).size).toBe(names.length);
    const targets = (list: typeof lines) => list.filter(({ target }) => target !== undefined).length;
    expect(targets(lines)).toBe(2 * targets(briefComparisons()));
    const nodes = new Set(lines.map(({ ours }) => ours.node));
    expect(nodes).toEqual(new Set([undefined, newest]));
    expect(new Set(lines.map(({ ours }) => identityOfRun(ours))).size).toBeGreaterThan(
      new Set(lines.map(({ ours }) => JSON.stringify([ours.candidate, ours.load]))).size,
    );
  });
});
