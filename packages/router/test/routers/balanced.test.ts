import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Owners, RoutedMember } from '../../src/router.ts';
import { balanced } from '../../src/routers/balanced.ts';
import { routerSuite } from '../../src/testing/router-suite.ts';

routerSuite({ describe, it }, 'balanced', balanced, { balance: 'balanced', movement: 'least' });

const router = balanced();
const weights = fc.oneof(fc.constantFrom(0, 1, 1, 2, 3, 10), fc.double({ min: 0.01, max: 100, noNaN: true }));
const clusters = fc.array(weights, { maxLength: 12 }).map(membersOf);
const partitionCounts = fc.constantFrom(1, 2, 16, 64, 256);

function membersOf(list: readonly number[]): RoutedMember[] {
  return list.map((weight, index) => ({ id: `n${String(index).padStart(4, '0')}`, weight }));
}

function held(owners: Owners, id: string): number {
  return owners.filter((owner) => owner === id).length;
}

describe('balanced', () => {
  it('keeps every share less than one partition from its ideal, from wherever it starts', () => {
    fc.assert(
      fc.property(
        clusters,
        clusters,
        partitionCounts,
        fc.infiniteStream(fc.nat()),
        (now, then, count, draw) => {
          const previous = Array.from({ length: count }, () => then[draw.next().value % 20]?.id ?? null);
          const owners = router.assign(now, count, previous);
          const total = now.reduce((sum, { weight }) => sum + weight, 0);
          if (total === 0) expect(owners).toEqual(new Array(count).fill(null));
          for (const { id, weight } of total > 0 ? now : []) {
            expect(Math.abs(held(owners, id) - (count * weight) / total)).toBeLessThan(1);
          }
        },
      ),
    );
  });

  it('plans exactly the rest after any moves in any order', () => {
    fc.assert(
      fc.property(
        clusters,
        clusters,
        partitionCounts,
        fc.infiniteStream(fc.boolean()),
        (then, now, count, draw) => {
          const before = router.assign(then, count, []);
          const after = router.assign(now, count, before);
          const between = before.map((owner, partition) => (draw.next().value ? after[partition]! : owner));
          expect(router.assign(now, count, between)).toEqual(after);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes from the joined ones alone what the joiner is to have', () => {
    const two = router.assign(membersOf([1, 1]), 6, []);
    expect(two).toEqual(['n0000', 'n0000', 'n0000', 'n0001', 'n0001', 'n0001']);
    const three = router.assign(membersOf([1, 1, 1]), 6, two);
    expect(three).toEqual(['n0000', 'n0000', 'n0002', 'n0001', 'n0001', 'n0002']);
  });

  it('leaves the odd partition with whoever has it', () => {
    const previous = ['n0002', 'n0001', 'n0000', 'n0002'];
    expect(router.assign(membersOf([1, 1, 1]), 4, previous)).toEqual(previous);
  });

  it('lets a larger remainder have the odd partition of nobody', () => {
    // Ideals 2.4 and 1.6.
    expect(router.assign(membersOf([3, 2]), 4, [])).toEqual(['n0000', 'n0000', 'n0001', 'n0001']);
  });

  it('does not mistake a partition of nobody for one of a member without a name', () => {
    const members = [
      { id: '', weight: 1 },
      { id: 'a', weight: 1 },
    ];
    expect(router.assign(members, 2, ['a', null])).toEqual(['a', '']);
  });

  it('gives up no partition when 1,000 members share 65,536 and one more comes, but those it must', () => {
    const thousand = membersOf(new Array(1000).fill(1));
    const before = router.assign(thousand, 65_536, []);
    const joined = membersOf(new Array(1001).fill(1));
    const after = router.assign(joined, 65_536, before);
    const moved = after.filter((owner, partition) => owner !== before[partition]);
    expect(new Set(moved)).toEqual(new Set(['n1000']));
    expect([65, 66]).toContain(moved.length);
  });
});
