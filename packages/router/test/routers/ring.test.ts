import { describe, expect, it } from 'vitest';
import { ring } from '../../src/routers/ring.ts';
import { routerSuite } from '../../src/testing/router-suite.ts';
import { fingerprint, membersOf, movedBetween, sharesOf } from './shares.ts';

routerSuite({ describe, it }, 'ring', ring, { balance: 'rough', movement: 'share' });

describe('ring', () => {
  it('is the same in every version: nodes of several must agree', () => {
    expect(fingerprint(ring())).toBe(3_932_926_920);
  });

  it('is called by its virtual nodes, on which all nodes must agree', () => {
    expect([ring().name, ring({ virtualNodes: 16 }).name]).toEqual(['ring(128)', 'ring(16)']);
  });

  it('is the more even the more virtual nodes there are', () => {
    const members = membersOf(new Array(10).fill(1));
    const spread = [4, 64, 1024].map((virtualNodes) => {
      const shares = sharesOf(ring({ virtualNodes }).assign(members, 65_536, []), members);
      return Math.max(...shares) - Math.min(...shares);
    });
    expect(spread).toEqual(spread.toSorted((a, b) => b - a));
  });

  it('moves no more than the difference when a weight changes', () => {
    const before = ring().assign(membersOf([2, 2, 2, 2, 2]), 4096, []);
    const after = ring().assign(membersOf([2, 2, 3, 2, 2]), 4096, before);
    expect(new Set(movedBetween(before, after).map((partition) => after[partition]))).toEqual(
      new Set(['n0002']),
    );
  });

  it('puts 65,536 partitions to 1,000 members, each of which has some', () => {
    const members = membersOf(new Array(1000).fill(1));
    expect(Math.min(...sharesOf(ring().assign(members, 65_536, []), members))).toBeGreaterThan(30);
  });

  it.each([0, 1.5, 4097, Number.NaN, '8'])('refuses %o virtual nodes', (virtualNodes) => {
    expect(() => ring({ virtualNodes: virtualNodes as number })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('virtualNodes') }),
    );
  });

  it('refuses options that it does not know', () => {
    expect(() => ring({ vnodes: 3 } as object)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining("'vnodes'") }),
    );
  });
});
