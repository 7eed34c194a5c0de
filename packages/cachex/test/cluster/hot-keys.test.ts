import { seeded } from '@cachex/router/testing';
import { describe, expect, it } from 'vitest';
import { HotKeys } from '../../src/cluster/hot-keys.ts';

const mixed = (n: number): number => Math.imul(n, 0x9e3779b1) >>> 0;

describe('hot keys', () => {
  it('are those that are read far more than others', () => {
    const random = seeded(5);
    const hot = new HotKeys(0);
    const found = new Map<number, number>();
    // Key 0 has a tenth of all reads, key 1 a twentieth; 50,000 others share the rest.
    for (let n = 0; n < 200_000; n += 1) {
      const draw = random();
      const key = draw < 0.1 ? 0 : draw < 0.15 ? 1 : 2 + Math.floor(random() * 50_000);
      if (hot.read(mixed(key), n / 1_000)) found.set(key, (found.get(key) ?? 0) + 1);
    }
    expect([...found.keys()].sort()).toEqual([0, 1]);
    expect(found.get(0)).toBeGreaterThan(15_000);
  });

  it('are none where all are read alike, however often, or where few reads are made', () => {
    const many = new HotKeys(0);
    for (let n = 0; n < 300_000; n += 1) expect(many.read(mixed(n % 300), n / 1_000)).toBe(false);
    const few = new HotKeys(0);
    for (let n = 0; n < 5_000; n += 1) expect(few.read(7, n * 4)).toBe(false);
  });

  it('cool down with time', () => {
    const hot = new HotKeys(0);
    let reads = 0;
    while (!hot.read(7, 1)) reads += 1;
    expect(reads).toBe(1_024);
    expect(hot.read(7, 900)).toBe(true);
    expect(hot.read(7, 2_000)).toBe(false);
    expect(hot.read(7, 1e9)).toBe(false);
    while (!hot.read(7, 1e9)) reads += 1;
    expect(reads).toBeLessThanOrEqual(2 * 1_024);
  });
});
