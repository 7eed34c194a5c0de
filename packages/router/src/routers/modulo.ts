import type { RoutedMember, Router } from '../router.ts';
import { stateless } from './stateless.ts';

/**
 * What `Cachex.Router.Mod` is in Cachex: with n members of the same weight, partition p belongs to member p mod n. Members
 * of different weights take turns by the quota method (Balinski and Young, 1975), which is the same where weights are.
 *
 * Balance: every share is less than one partition from its ideal. Movement: nearly everything moves whenever a member
 * comes, goes or changes its weight; choose it where none does. A plan takes a step for each partition, and with different
 * weights one for each member and partition.
 */
export function modulo(): Router {
  return stateless('modulo', (members, partitions) => {
    const { weight } = members[0]!;
    return members.every((member) => member.weight === weight)
      ? Array.from({ length: partitions }, (_, partition) => members[partition % members.length]!.id)
      : turns(members, partitions);
  });
}

/** Of those who would not come to more than their ideal, rounded up, the one is next whose next turn is due first. */
function turns(members: readonly RoutedMember[], partitions: number): readonly string[] {
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  const shares = Float64Array.from(members, ({ weight }) => weight / total);
  const due = Float64Array.from(shares, (share) => 1 / share);
  const had = new Float64Array(members.length);
  return Array.from({ length: partitions }, (_, partition) => {
    let next = 0;
    let soonest = Number.POSITIVE_INFINITY;
    for (let n = 0; n < due.length; n += 1) {
      if (due[n]! >= soonest || had[n]! >= (partition + 1) * shares[n]!) continue;
      next = n;
      soonest = due[n]!;
    }
    had[next]! += 1;
    due[next] = (had[next]! + 1) / shares[next]!;
    return members[next]!.id;
  });
}
