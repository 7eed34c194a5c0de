import type { Owners, RoutedMember, Router } from '../router.ts';

/**
 * The default router: every partition stays where it is unless balance by weight demands a move.
 *
 * Each member has a quota: its ideal share by weight, rounded down or up by the method of largest remainders (Hamilton),
 * except that the units left over go first to members that already hold more than their ideal rounded down, for this
 * needs the fewest moves. A member keeps the first partitions of its list up to its quota; the rest, and those that
 * nobody holds, go in order of their index to members below their quota in order of their id.
 *
 * Hence every share is less than one partition from its ideal, no assignment within those quotas takes fewer moves, and
 * planning is stable while moves are committed: after any subset of them, what is planned is exactly the others. (The
 * quotas stay, for a receiver passes its ideal rounded down only with a unit it was chosen for; and taking a pair out of
 * two lists that are matched in order leaves the other pairs.)
 */
export function balanced(): Router {
  return { name: 'balanced', assign };
}

function assign(members: readonly RoutedMember[], partitions: number, previous: Owners): Owners {
  const able = members.filter((member) => member.weight > 0);
  const owners = new Array<string | null>(partitions).fill(null);
  if (able.length === 0) return owners;

  const position = new Map(able.map((member, index) => [member.id, index]));
  const holders = new Int32Array(partitions).fill(-1);
  const held = new Int32Array(able.length);
  for (let partition = 0; partition < partitions; partition += 1) {
    const owner = previous[partition];
    const holder = owner == null ? undefined : position.get(owner);
    if (holder === undefined) continue;
    holders[partition] = holder;
    held[holder]! += 1;
  }

  const room = quotas(able, partitions, held);
  const free: number[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const holder = holders[partition]!;
    if (holder >= 0 && room[holder]! > 0) {
      room[holder]! -= 1;
      owners[partition] = able[holder]!.id;
    } else free.push(partition);
  }
  let receiver = 0;
  for (const partition of free) {
    while (room[receiver] === 0) receiver += 1;
    room[receiver]! -= 1;
    owners[partition] = able[receiver]!.id;
  }
  return owners;
}

/** How many partitions each member is to hold; they add up to `partitions`. */
function quotas(able: readonly RoutedMember[], partitions: number, held: Int32Array): Int32Array {
  const total = able.reduce((sum, member) => sum + member.weight, 0);
  const quota = new Int32Array(able.length);
  const remainder = new Float64Array(able.length);
  let spare = partitions;
  for (const [index, { weight }] of able.entries()) {
    const ideal = (partitions * weight) / total;
    quota[index] = Math.floor(ideal);
    remainder[index] = ideal - quota[index]!;
    spare -= quota[index]!;
  }
  const over = (index: number): number => (held[index]! > quota[index]! ? 1 : 0);
  const claimants = [...able.keys()].filter((index) => remainder[index]! > 0);
  claimants.sort((a, b) => over(b) - over(a) || remainder[b]! - remainder[a]! || a - b);
  for (const index of claimants.slice(0, spare)) quota[index]! += 1;
  return quota;
}
