import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { hashKey } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import { Adaptive } from '../../../src/local/limits/adaptive.ts';
import { Ordered } from '../../../src/local/limits/ordered.ts';
import type { Resident } from '../../../src/local/limits/policy.ts';
import { S3Fifo } from '../../../src/local/limits/s3fifo.ts';
import { policySuite } from './policy-suite.ts';
import { hitRatio, Residents } from './residents.ts';
import { traceFolder } from './trace-folder.ts';
import { drawn, looped, random, recent, scanned, shifting, zipf } from './traces.ts';

const adaptive = (resident: Resident): Adaptive => new Adaptive(resident);
const s3fifo = (resident: Resident): S3Fifo => new S3Fifo(resident);
const lru = (): Ordered => new Ordered('lru');

policySuite('adaptive', adaptive);

/** The ids of a pattern as hashes of keys, as a cache has them. */
function* hashed(ids: Iterable<number>): Generator<number> {
  for (const id of ids) yield hashKey(id) | 0;
}

const count = 30_000;
const patterns: Record<string, () => Iterable<number>> = {
  'a flat zipf distribution': () => drawn(zipf(5_000, 0.7, random(1)), count),
  'a steep zipf distribution': () => drawn(zipf(5_000, 1.2, random(2)), count),
  'a zipf distribution with scans': () => scanned(zipf(5_000, 0.9, random(3)), count),
  'a loop a little longer than the cache': () => looped(550, count),
  'a working set that moves on': () => shifting(zipf(1_000, 0.8, random(4)), count),
  'recency alone': () => recent(random(5), count),
};

describe('the adaptive policy', () => {
  for (const [name, pattern] of Object.entries(patterns)) {
    it(`is never far below LRU: ${name}`, () => {
      for (const capacity of [1, 2, 3, 10, 100, 500]) {
        const ours = hitRatio(adaptive, capacity, hashed(pattern()));
        expect(ours).toBeGreaterThan(hitRatio(lru, capacity, hashed(pattern())) - 0.03);
      }
    });
  }

  it('keeps most of a loop that is a little longer than the cache, of which LRU keeps nothing', () => {
    expect(hitRatio(lru, 500, hashed(looped(550, count)))).toBe(0);
    expect(hitRatio(adaptive, 500, hashed(looped(550, count)))).toBeGreaterThan(0.5);
  });

  it('is far above S3-FIFO where recency is all', () => {
    const gain =
      hitRatio(adaptive, 500, hashed(recent(random(5), count))) -
      hitRatio(s3fifo, 500, hashed(recent(random(5), count)));
    expect(gain).toBeGreaterThan(0.03);
  });

  it('gives the small queue more where what is new comes back, and less where it does not', () => {
    const shareAfter = (ids: Iterable<number>): number => {
      let policy: Adaptive | undefined;
      hitRatio((resident) => (policy = adaptive(resident)), 500, hashed(ids));
      return policy!.share;
    };
    expect(shareAfter(recent(random(5), count))).toBeGreaterThan(0.4);
    expect(shareAfter(drawn(zipf(5_000, 1, random(6)), count))).toBeLessThan(0.3);
  });

  it('examines a bounded number of entries where all are in use', () => {
    const residents = new Residents(adaptive);
    for (let hash = 0; hash < 10_000; hash += 1) residents.add(hash);
    for (let round = 0; round < 3; round += 1)
      for (let hash = 0; hash < 10_000; hash += 1) residents.use(hash);
    expect(residents.evict()).toBeLessThan(200);
  });

  it('counts weights, not entries, where those differ', () => {
    const residents = new Residents(adaptive);
    for (let hash = 0; hash < 100; hash += 1) residents.add(hash, 1_000);
    for (let hash = 0; hash < 100; hash += 1) for (let n = 0; n < 3; n += 1) residents.use(hash);
    // The first eviction promotes until the main queue has its four fifths.
    residents.evict();
    for (let hash = 100; hash < 200; hash += 1) residents.add(hash, 1);
    // What is light is no reason to evict more of the main queue: the small one is above its share without it.
    for (let n = 0; n < 15; n += 1) expect(residents.evict()).toBeLessThan(100);
    expect(residents.slots.size).toBe(184);
  });

  it('is not confused by keys that all have the same hash', () => {
    class SameHash extends Residents {
      override hashOf(): number {
        return 7;
      }
    }
    const residents = new SameHash(adaptive);
    for (let key = 0; key < 5_000; key += 1) {
      if (residents.slots.size === 100) residents.evict();
      residents.add(key);
    }
    expect(residents.slots.size).toBe(100);
  });
});

const traces = traceFolder();

const onTraces =
  traces === undefined
    ? 'the adaptive policy on real traces: skipped, there are none in CACHEX_TRACES nor beside the repository'
    : 'the adaptive policy on real traces';

describe.skipIf(traces === undefined)(onTraces, () => {
  for (const name of ['web12', 'corda']) {
    it(`reaches of ${name} what LRU does, and on average more than S3-FIFO`, () => {
      const reference: Record<string, { capacity: number; share: number; lru: number; s3fifo: number }[]> =
        JSON.parse(readFileSync(`${traces}/reference.json`, 'utf8'));
      const bytes = gunzipSync(readFileSync(`${traces}/${name}.u32.gz`));
      const ids = new Uint32Array(new Uint8Array(bytes).buffer);
      let gain = 0;
      for (const cell of reference[name]!) {
        const ours = hitRatio(adaptive, cell.capacity, hashed(ids));
        expect(ours).toBeGreaterThan(cell.lru - 0.01);
        gain += ours - cell.s3fifo;
      }
      expect(gain).toBeGreaterThan(-0.001);
    });
  }
});
