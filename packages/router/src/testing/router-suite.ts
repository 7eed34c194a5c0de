import assert from 'node:assert/strict';
import type { Owners, RoutedMember, Router } from '../router.ts';
import type { TestFunctions } from './test-functions.ts';

/** What a router promises beyond the contract of {@link Router}. Whatever is not claimed is not checked. */
export interface RouterClaims {
  /**
   * `balanced`: every share is less than one partition from its ideal by weight. `rough`: with 4,096 partitions every share
   * is within half of its ideal. `single`: everything is at one member, and nobody is heavier.
   */
  readonly balance?: 'balanced' | 'rough' | 'single';
  /**
   * `least`: no more partitions move than balance takes. `share`: when one member joins it takes about its share and nothing
   * else moves, when one leaves what it had moves and nothing else. `end`: the same where it is the last by id.
   */
  readonly movement?: 'least' | 'share' | 'end';
}

const partitions = 4096;

/** What every router must do, and what one that claims more must do besides. */
export function routerSuite(
  { describe, it }: TestFunctions,
  name: string,
  create: () => Router,
  { balance, movement }: RouterClaims = {},
): void {
  describe(`router ${name}`, () => {
    it('gives every partition to a member', () => {
      for (const count of [1, 2, 3, 10, 100]) {
        const members = evenly(count);
        checkOwners(create().assign(members, partitions, nobody(partitions)), members, partitions);
      }
    });

    it('answers for as many partitions as it is asked, however many there were', () => {
      const members = evenly(3);
      for (const asked of [1, 2, 64, 65_536]) {
        for (const previous of [[], nobody(16), create().assign(members, 128, nobody(128))]) {
          checkOwners(create().assign(members, asked, previous), members, asked);
        }
      }
    });

    it('gives everything to a single member', () => {
      const owners = create().assign(evenly(1), partitions, nobody(partitions));
      assert.deepEqual(owners, new Array(partitions).fill('node-000'));
    });

    it('gives nothing to members of weight 0, and takes what they have', () => {
      const router = create();
      const all = evenly(4);
      const previous = router.assign(all, partitions, nobody(partitions));
      const members = all.map((member, index) => (index % 2 === 0 ? { ...member, weight: 0 } : member));
      const owners = router.assign(members, partitions, previous);
      checkOwners(owners, members, partitions);
    });

    it('answers null everywhere when nobody can own anything', () => {
      const previous = create().assign(evenly(2), partitions, nobody(partitions));
      const powerless = evenly(2).map((member) => ({ ...member, weight: 0 }));
      for (const members of [[], powerless]) {
        assert.deepEqual(create().assign(members, partitions, previous), nobody(partitions));
      }
    });

    it('copes with owners that are no longer members', () => {
      const members = evenly(5);
      const previous = create().assign(evenly(8), partitions, nobody(partitions));
      checkOwners(create().assign(members, partitions, previous), members, partitions);
      checkOwners(create().assign(members, partitions, new Array(partitions).fill('')), members, partitions);
    });

    it('answers the same wherever it is asked, and keeps no memory of earlier questions', () => {
      const members = weighted([3, 1, 2, 5]);
      const used = create();
      const previous = used.assign(evenly(7), partitions, nobody(partitions));
      used.assign(evenly(2), 64, nobody(64));
      const fresh = create().assign(members, partitions, [...previous]);
      assert.deepEqual(used.assign(members, partitions, previous), fresh);
    });

    it('leaves its arguments alone', () => {
      const members = Object.freeze(evenly(3).map((member) => Object.freeze(member)));
      const previous = Object.freeze([...create().assign(evenly(2), partitions, nobody(partitions))]);
      checkOwners(create().assign(members, partitions, previous), members, partitions);
    });

    it('settles: asked again, it moves nothing', () => {
      const members = weighted([3, 1, 0, 2, 5]);
      const router = create();
      const previous = router.assign(evenly(3), partitions, nobody(partitions));
      const owners = router.assign(members, partitions, previous);
      assert.deepEqual(router.assign(members, partitions, owners), owners);
    });

    it('plans exactly the rest after any part of its moves was made', () => {
      const router = create();
      const before = router.assign(evenly(7), partitions, nobody(partitions));
      const members = weighted([2, 1, 3, 0, 1, 1, 2, 4, 1]);
      const after = router.assign(members, partitions, before);
      for (const part of [2, 3, 5, 7]) {
        const half = before.map((owner, index) => (index % part === 1 ? after[index]! : owner));
        assert.deepEqual(router.assign(members, partitions, half), after);
      }
    });

    it('gives a heavier member no less than a lighter one, however small their weights', () => {
      for (const weights of [
        [1, 4],
        [4, 1],
        [0.001, 0.01],
        [1, 100, 1000],
        [1e6, 1],
      ]) {
        const members = weighted(weights);
        const shares = sharesOf(create().assign(members, partitions, nobody(partitions)), members);
        for (const heavy of members) {
          const lighter = members.filter(({ weight }) => weight < heavy.weight);
          for (const { id } of lighter)
            assert.ok(shares.get(heavy.id)! >= shares.get(id)!, describeMembers(members));
        }
      }
    });

    if (balance !== undefined) {
      it(balances[balance].promise, () => {
        const router = create();
        let owners: Owners = nobody(partitions);
        for (const members of balance === 'rough' ? ordinary : history) {
          owners = router.assign(members, partitions, owners);
          checkOwners(owners, members, partitions);
          balances[balance].check(owners, members);
        }
      });
    }

    if (movement === 'least') {
      it('moves no more than balance takes', () => {
        const router = create();
        let owners: Owners = nobody(partitions);
        for (const members of history) {
          const next = router.assign(members, partitions, owners);
          assert.equal(countMoves(owners, next), fewestMoves(owners, members), describeMembers(members));
          owners = next;
        }
      });
    }

    if (movement === 'share' || movement === 'end') {
      const which = movement === 'end' ? 'the last member' : 'any one member';
      it(`moves what ${which} takes when it joins, or had when it leaves, and nothing else`, () => {
        const router = create();
        for (const members of ordinary) {
          for (const one of movement === 'end' ? members.slice(-1) : members) {
            const others = members.filter(({ id }) => id !== one.id);
            const without = router.assign(others, partitions, nobody(partitions));
            const joined = router.assign(members, partitions, without);
            const left = router.assign(others, partitions, joined);
            const taken = movesBetween(without, joined);
            for (const [partition, owner] of joined.entries()) {
              if (taken.has(partition))
                assert.equal(owner, one.id, `partition ${partition} moved to ${owner}`);
            }
            const ideal = idealOf(one, members);
            assert.ok(taken.size <= 1.5 * ideal, `${one.id} took ${taken.size}, its ideal is ${ideal}`);
            for (const partition of movesBetween(joined, left)) assert.equal(joined[partition], one.id);
          }
        }
      });
    }
  });
}

function evenly(count: number): RoutedMember[] {
  return weighted(new Array<number>(count).fill(1));
}

function weighted(weights: readonly number[]): RoutedMember[] {
  return weights.map((weight, index) => ({ id: `node-${String(index).padStart(3, '0')}`, weight }));
}

/** Nodes that come, go and change their weight, one or several at a time. */
const history: readonly (readonly RoutedMember[])[] = [
  evenly(1),
  evenly(2),
  evenly(3),
  evenly(10),
  evenly(10).filter((_member, index) => index !== 4),
  evenly(10),
  evenly(100),
  evenly(100).filter((_member, index) => index % 3 !== 0),
  weighted([1, 2, 3, 4]),
  weighted([4, 3, 2, 1]),
  weighted([4, 0, 2, 1, 7]),
  weighted([1, 1, 1, 1, 1, 1, 1]),
  weighted([1, 100, 1000]),
  evenly(3),
];

/** Clusters in which no share is so small that chance would rule it. */
const ordinary: readonly (readonly RoutedMember[])[] = [
  evenly(3),
  evenly(10),
  weighted([1, 2, 3, 4]),
  weighted([4, 1, 3, 2, 2]),
];

function nobody(count: number): Owners {
  return new Array<null>(count).fill(null);
}

function checkOwners(owners: Owners, members: readonly RoutedMember[], expected: number): void {
  assert.equal(owners.length, expected);
  const able = new Set(members.filter((member) => member.weight > 0).map((member) => member.id));
  for (const [partition, owner] of owners.entries()) {
    assert.ok(owner !== null && able.has(owner), `partition ${partition} was given to ${owner}`);
  }
}

function sharesOf(owners: Owners, members: readonly RoutedMember[]): Map<string, number> {
  const shares = new Map(members.map((member) => [member.id, 0]));
  for (const owner of owners) {
    if (owner !== null && shares.has(owner)) shares.set(owner, shares.get(owner)! + 1);
  }
  return shares;
}

const balances = {
  balanced: {
    promise: 'is within one partition of the ideal by weight',
    check: (owners: Owners, members: readonly RoutedMember[]) =>
      checkShares(owners, members, (off) => off < 1),
  },
  rough: {
    promise: 'gives shares within half of the ideal by weight',
    check: (owners: Owners, members: readonly RoutedMember[]) =>
      checkShares(owners, members, (off, ideal) => off <= ideal / 2),
  },
  single: {
    promise: 'gives everything to one member, and none is heavier',
    check(owners: Owners, members: readonly RoutedMember[]): void {
      const [home, ...others] = new Set(owners);
      assert.deepEqual(others, []);
      const { weight } = members.find(({ id }) => id === home)!;
      assert.ok(members.every((member) => member.weight <= weight));
    },
  },
};

function checkShares(
  owners: Owners,
  members: readonly RoutedMember[],
  allowed: (off: number, ideal: number) => boolean,
): void {
  const shares = sharesOf(owners, members);
  for (const member of members) {
    const [share, ideal] = [shares.get(member.id)!, idealOf(member, members)];
    assert.ok(allowed(Math.abs(share - ideal), ideal), `${member.id} owns ${share}, its ideal is ${ideal}`);
  }
}

function idealOf({ weight }: RoutedMember, members: readonly RoutedMember[]): number {
  return (partitions * weight) / sum(members.map((member) => member.weight));
}

function movesBetween(before: Owners, after: Owners): ReadonlySet<number> {
  return new Set([...after.keys()].filter((partition) => after[partition] !== before[partition]));
}

function countMoves(before: Owners, after: Owners): number {
  return movesBetween(before, after).size;
}

/**
 * Everyone can keep what they hold up to their ideal rounded down; of those who hold more and whose ideal is not a whole
 * number, as many as there are units left over can keep one more. All else must move.
 */
function fewestMoves(before: Owners, members: readonly RoutedMember[]): number {
  const held = sharesOf(before, members);
  const total = sum(members.map((member) => member.weight));
  let spare = before.length;
  let keep = 0;
  let over = 0;
  for (const { id, weight } of members) {
    const whole = Math.floor((before.length * weight) / total);
    spare -= whole;
    keep += Math.min(held.get(id)!, whole);
    if (held.get(id)! > whole && (before.length * weight) % total !== 0) over += 1;
  }
  return before.length - keep - Math.min(spare, over);
}

function describeMembers(members: readonly RoutedMember[]): string {
  return members.map(({ id, weight }) => `${id}:${weight}`).join(' ');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
