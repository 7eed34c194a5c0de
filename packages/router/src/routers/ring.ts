import { RouterError } from '../errors.ts';
import { hashKey } from '../hash.ts';
import type { RoutedMember, Router } from '../router.ts';
import { firstFrom, slotsOf } from './slots.ts';
import { stateless } from './stateless.ts';

export interface RingOptions {
  /** On how many points of the ring a member of weight 1 is, 1 to 4096. Default: 128. */
  readonly virtualNodes?: number;
}

/** A point has 32 bits of hash before so many of the member's place in the list, and a number holds both exactly. */
const places = 2 ** 20;

/**
 * Consistent hashing (Karger et al., 1997) with virtual nodes: each member is on as many points of a ring as its weight
 * asks for, and a partition belongs to the first point from its own on.
 *
 * Balance: the share of a member with n points differs from its ideal by about 1/√n of that, 9 % with the default at weight
 * 1. Movement: a member that joins takes its share from all others, one that leaves gives its own to all others, another
 * weight moves the difference, and nothing else moves. (Where the average weight is below 1/8, or 8 and more, points are
 * counted in a larger or smaller unit; much moves when it comes to that.) A plan takes a sort of all points and a search for each partition.
 */
export function ring(options: RingOptions = {}): Router {
  const unknown = Object.keys(options).find((name) => name !== 'virtualNodes');
  if (unknown !== undefined)
    throw new RouterError('INVALID_OPTION', `ring: '${unknown}' is not an option; virtualNodes is`);
  const { virtualNodes = 128 } = options;
  if (!Number.isInteger(virtualNodes) || virtualNodes < 1 || virtualNodes > 4096) {
    const message = `virtualNodes: ${String(virtualNodes)} is not a whole number from 1 to 4096`;
    throw new RouterError('INVALID_OPTION', message);
  }
  return stateless(`ring(${virtualNodes})`, (members, partitions) => {
    const points = pointsOf(members, virtualNodes);
    return Array.from({ length: partitions }, (_, partition) => {
      const next = firstFrom(points, hashKey(partition) * places) % points.length;
      return members[points[next]! % places]!.id;
    });
  });
}

function pointsOf(members: readonly RoutedMember[], virtualNodes: number): Float64Array {
  const slots = slotsOf(members, virtualNodes);
  const points = new Float64Array(slots.reduce((sum, count) => sum + count));
  let at = 0;
  for (const [place, { id }] of members.entries()) {
    for (let n = 0; n < slots[place]!; n += 1) points[at++] = hashKey([id, n]) * places + place;
  }
  return points.sort();
}
