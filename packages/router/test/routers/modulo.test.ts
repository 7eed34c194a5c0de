import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modulo } from '../../src/routers/modulo.ts';
import { routerSuite } from '../../src/testing/router-suite.ts';
import { fingerprint, membersOf, sharesOf } from './shares.ts';

routerSuite({ describe, it }, 'modulo', modulo, { balance: 'balanced' });

describe('modulo', () => {
  it('is the same in every version: nodes of several must agree', () => {
    expect(fingerprint(modulo())).toBe(3_123_233_691);
  });

  it('deals partitions out in turn', () => {
    expect(modulo().assign(membersOf([2, 2, 2]), 8, [])).toEqual([
      'n0000',
      'n0001',
      'n0002',
      'n0000',
      'n0001',
      'n0002',
      'n0000',
      'n0001',
    ]);
  });

  it('lets heavier members have more turns, and nobody wait until they have had all', () => {
    expect(modulo().assign(membersOf([1, 3]), 8, [])).toEqual([
      'n0001',
      'n0001',
      'n0000',
      'n0001',
      'n0001',
      'n0001',
      'n0000',
      'n0001',
    ]);
  });

  it('keeps every share less than one partition from its ideal, wherever one stops', () => {
    const weights = fc.array(
      fc.oneof(fc.constantFrom(1, 2, 3), fc.double({ min: 0.01, max: 100, noNaN: true })),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 256 }), (list, partitions) => {
        const members = membersOf(list);
        const total = list.reduce((sum, weight) => sum + weight);
        const shares = sharesOf(modulo().assign(members, partitions, []), members);
        for (const [n, weight] of list.entries())
          expect(Math.abs(shares[n]! - (partitions * weight) / total)).toBeLessThan(1 + 1e-9);
      }),
    );
  });

  it('puts 65,536 partitions to 1,000 members, 65 or 66 to each', () => {
    const members = membersOf(new Array(1000).fill(1));
    expect(new Set(sharesOf(modulo().assign(members, 65_536, []), members))).toEqual(new Set([65, 66]));
  });
});
