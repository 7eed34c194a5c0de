import { describe, expect, it } from 'vitest';
import { Ghosts } from '../../../src/local/limits/ghosts.ts';
import { random } from './traces.ts';

const hashes = (count: number, seed: number): number[] => {
  const draw = random(seed);
  return Array.from({ length: count }, () => (draw() * 0x1_0000_0000) | 0);
};

describe('the memory of evicted entries', () => {
  it('knows nothing at first', () => {
    expect(new Ghosts(3).recall(1)).toBe(-1);
  });

  it('recalls an entry once', () => {
    const ghosts = new Ghosts(3);
    ghosts.remember(7, 10);
    expect(ghosts.recall(7)).toBe(0);
    expect(ghosts.recall(7)).toBe(-1);
  });

  it('says how many were evicted since, exactly while it is small', () => {
    const ghosts = new Ghosts(3);
    const all = hashes(15, 1);
    for (const hash of all) ghosts.remember(hash, 15);
    expect(all.map((hash) => ghosts.recall(hash))).toEqual(all.map((_, n) => 14 - n));
  });

  it('says about how many were evicted since when it is large', () => {
    const ghosts = new Ghosts(3);
    const all = hashes(300_000, 2);
    for (const hash of all) ghosts.remember(hash, 50_000);
    const since = all.slice(-10_000, -9_000).map((hash) => ghosts.recall(hash));
    const mean = since.reduce((sum, one) => sum + one, 0) / since.length;
    expect(mean).toBeGreaterThan(8_000);
    expect(mean).toBeLessThan(12_000);
  });

  it('remembers about as many as are wanted, and forgets those before', () => {
    const ghosts = new Ghosts(3);
    const all = hashes(300_000, 3);
    for (const hash of all) ghosts.remember(hash, 50_000);
    expect(ghosts.capacity).toBeGreaterThanOrEqual(50_000);
    expect(ghosts.capacity).toBeLessThan(54_000);
    const known = (some: readonly number[]): number =>
      some.filter((hash) => ghosts.recall(hash) >= 0).length / some.length;
    expect(known(all.slice(-10_000))).toBeGreaterThan(0.99);
    expect(known(all.slice(150_000, 160_000))).toBeLessThan(0.01);
  });

  for (const [timeBits, most] of [
    [0, 0.0005],
    [3, 0.004],
  ] as const) {
    it(`takes few strangers for known with ${timeBits} bits of time`, () => {
      const ghosts = new Ghosts(timeBits);
      for (const hash of hashes(60_000, 4)) ghosts.remember(hash, 50_000);
      const mistaken = hashes(50_000, 5).filter((hash) => ghosts.recall(hash) >= 0).length;
      expect(mistaken).toBeLessThan(50_000 * most);
    });
  }

  it('says for nearly every entry, not only on average, how many were evicted since', () => {
    const ghosts = new Ghosts(3);
    const all = hashes(300_000, 8);
    for (const hash of all) ghosts.remember(hash, 50_000);
    const since = all.slice(-10_000, -9_000).map((hash) => ghosts.recall(hash));
    expect(since.filter((one) => Math.abs(one - 9_500) < 3_000).length).toBeGreaterThan(900);
  });

  it('grows only as it is used, and forgets little by growing', () => {
    const ghosts = new Ghosts(3);
    const all = hashes(20_000, 6);
    ghosts.remember(all[0]!, 1_000_000);
    expect(ghosts.capacity).toBeLessThan(300);
    for (const [n, hash] of all.entries()) {
      if (n > 0) ghosts.remember(hash, 1_000_000);
      expect(ghosts.capacity).toBeLessThan(300 + 2 * n);
    }
    expect(all.slice(-10_000).filter((hash) => ghosts.recall(hash) >= 0).length).toBeGreaterThan(8_500);
  });

  it('is spread over all sets by hashes that share their low bits, as those of a partition do', () => {
    const ghosts = new Ghosts(3);
    const all = hashes(40_000, 7).map((hash) => (hash & ~0xfff) | 5);
    for (const hash of all) ghosts.remember(hash, 10_000);
    expect(all.slice(-5_000).filter((hash) => ghosts.recall(hash) >= 0).length).toBeGreaterThan(4_500);
  });

  it('has forgotten everything after clear', () => {
    const ghosts = new Ghosts(3);
    ghosts.remember(7, 10);
    ghosts.clear();
    expect(ghosts.recall(7)).toBe(-1);
    expect(ghosts.capacity).toBe(0);
  });
});
