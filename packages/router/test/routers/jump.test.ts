import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jump, jumpHash } from '../../src/routers/jump.ts';
import { routerSuite } from '../../src/testing/router-suite.ts';
import { fingerprint, membersOf, movedBetween, sharesOf } from './shares.ts';

routerSuite({ describe, it }, 'jump', jump, { balance: 'rough', movement: 'end' });

/** The function as it is printed in the paper. */
function reference(key: bigint, buckets: number): number {
  let state = key;
  let bucket = -1;
  for (let next = 0; next < buckets; ) {
    bucket = next;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(state >> 33n) + 1)));
  }
  return bucket;
}

describe('jumpHash', () => {
  it('is the function of the paper, without its integers of 64 bits', () => {
    const keys = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.constantFrom(0n, 1n, 2n ** 64n - 1n),
    );
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 2_000_000 }), (key, buckets) => {
        expect(jumpHash(Number(key >> 32n), Number(key & 0xffff_ffffn), buckets)).toBe(
          reference(key, buckets),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('jump', () => {
  it('is the same in every version: nodes of several must agree', () => {
    expect(fingerprint(jump())).toBe(684_315_321);
  });

  it('has node-10 behind node-9, so that whoever counts up adds at the end', () => {
    const members = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ id: `node-${n + 1}`, weight: 1 })).sort((a, b) =>
        a.id < b.id ? -1 : 1,
      );
    const before = jump().assign(members(9), 4096, []);
    const after = jump().assign(members(10), 4096, before);
    const moved = movedBetween(before, after);
    expect(new Set(moved.map((partition) => after[partition]))).toEqual(new Set(['node-10']));
  });

  it('shifts whoever stands behind a member that leaves, and nobody before it', () => {
    const all = membersOf(new Array(8).fill(1));
    const before = jump().assign(all, 4096, []);
    const after = jump().assign(
      all.filter(({ id }) => id !== 'n0003'),
      4096,
      before,
    );
    const parted = movedBetween(before, after).map((partition) => before[partition]);
    expect(new Set(parted)).toEqual(new Set(['n0003', 'n0004', 'n0005', 'n0006', 'n0007']));
    expect(parted.length / 4096).toBeCloseTo(5 / 8, 1);
  });

  it('follows weights closely', () => {
    const members = membersOf([1, 100, 1000, 0.25]);
    const shares = sharesOf(jump().assign(members, 65_536, []), members);
    for (const [n, { weight }] of members.entries())
      expect(Math.abs(shares[n]! - (65_536 * weight) / 1101.25)).toBeLessThan(0.02 * 65_536);
    expect(shares[0]).toBeGreaterThan(shares[3]!);
  });
});
