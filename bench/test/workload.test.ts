import { describe, expect, it } from 'vitest';
import { freshKey } from '../src/keys.ts';
import { seededRandom, shuffled } from '../src/random.ts';
import { type Mix, Workload } from '../src/workload.ts';
import { harmonic, zipf } from '../src/zipf.ts';

const entries = 1_000;
const present = new Set(Array.from({ length: entries }, (_, id) => freshKey(id)));

describe('a workload', () => {
  it.each(['hit', 'miss', 'overwrite', 'insert', 'zipf'] satisfies Mix[])(
    'is the same every time: %s',
    (mix) => {
      const [one, other] = [new Workload(mix, 'fresh', entries), new Workload(mix, 'fresh', entries)];
      expect([...one.filling(300)]).toEqual([...other.filling(300)]);
      expect(one.next(500)).toEqual(other.next(500));
    },
  );

  it.each(['hit', 'zipf'] satisfies Mix[])(
    'fills the cache with as many keys as fit, each once: %s',
    (mix) => {
      const keys = [...new Workload(mix, 'fresh', entries).filling(300)].flatMap((batch) => batch.keys);
      expect(keys).toHaveLength(entries);
      expect(new Set(keys)).toEqual(present);
    },
  );

  it('reads and overwrites keys that are there, and misses those that are not', () => {
    for (const mix of ['hit', 'overwrite'] satisfies Mix[]) {
      expect(
        new Workload(mix, 'fresh', entries).next(5_000).keys.every((key) => present.has(String(key))),
      ).toBe(true);
    }
    expect(
      new Workload('miss', 'reused', entries).next(5_000).keys.some((key) => present.has(String(key))),
    ).toBe(false);
  });

  it('inserts keys that were never there', () => {
    const workload = new Workload('insert', 'fresh', entries);
    const keys = [...workload.next(2_000).keys, ...workload.next(2_000).keys];
    expect(new Set(keys).size).toBe(4_000);
    expect(keys.some((key) => present.has(String(key)))).toBe(false);
  });

  it('writes a tenth of the time in the mix', () => {
    const writes = new Workload('zipf', 'integer', entries)
      .next(20_000)
      .writes.reduce((sum, one) => sum + one, 0);
    expect(writes / 20_000).toBeCloseTo(0.1, 1);
  });
});

describe('random numbers', () => {
  it('shuffle all numbers', () => {
    const numbers = shuffled(100, seededRandom(1));
    expect([...numbers].sort((one, other) => one - other)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect([...numbers]).not.toEqual([...numbers].sort((one, other) => one - other));
  });

  it('are drawn by a zipf distribution: the most frequent id as often as it should', () => {
    const draw = zipf(10_000, seededRandom(1));
    const drawn = Array.from({ length: 50_000 }, draw);
    expect(Math.min(...drawn)).toBe(0);
    expect(Math.max(...drawn)).toBeLessThan(10_000);
    expect(drawn.filter((id) => id === 0).length / drawn.length).toBeCloseTo(1 / harmonic(10_000), 2);
  });

  it('add up the ranks of a distribution as if one by one', () => {
    let sum = 0;
    for (let rank = 1; rank <= 50_000; rank += 1) sum += rank ** -0.99;
    expect(harmonic(50_000)).toBeCloseTo(sum, 6);
    expect(harmonic(3)).toBeCloseTo(1 + 2 ** -0.99 + 3 ** -0.99, 12);
  });
});
