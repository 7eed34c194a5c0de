import { hashKey } from '../hash.ts';
import type { RoutedMember, Router } from '../router.ts';
import { stateless } from './stateless.ts';

/**
 * Rendezvous hashing, highest random weight (Thaler and Ravishankar, 1998), with logarithmic weights (Schindelhauer and
 * Schomaker, 2005): a partition belongs to the member with the highest -w / ln u, where u is a number between 0 and 1 that
 * follows from both of them.
 *
 * Balance: as if each partition were drawn by lot; with p partitions a member, shares differ from the ideal by about √p.
 * Movement: the least there is for shares like that. A member that joins takes its share from all others, one that leaves
 * gives its own to all others, another weight moves the difference, and nothing else moves. Backups are chosen in the same
 * way, so that where an owner dies its partitions are mostly taken over by whom this router wants to have them. A plan asks
 * every member about every partition: with hundreds of members and tens of thousands of partitions each change of the
 * members takes seconds.
 */
export function rendezvous(): Router {
  return stateless('rendezvous', (members, partitions) => {
    const seeds = Uint32Array.from(members, ({ id }) => hashKey(id));
    const weights = Float64Array.from(members, ({ weight }) => weight);
    return Array.from({ length: partitions }, (_, partition) => {
      let best = 0;
      let highest = 0;
      for (let n = 0; n < seeds.length; n += 1) {
        const u = chance(seeds[n]!, partition);
        // 1 - u is at most -ln u, and spares most logarithms.
        if (weights[n]! <= highest * (1 - u)) continue;
        const score = weights[n]! / -Math.log(u);
        if (score <= highest) continue;
        best = n;
        highest = score;
      }
      return members[best]!.id;
    });
  });
}

/** A member that scores for partitions. */
export interface Candidate extends RoutedMember {
  readonly seed: number;
}

export function candidateOf({ id, weight }: RoutedMember): Candidate {
  return { id, weight, seed: hashKey(id) };
}

/** How much a partition belongs to a member; above 0. */
export function scoreOf({ weight, seed }: Candidate, partition: number): number {
  return weight / -Math.log(chance(seed, partition));
}

/** A number in (0, 1) that follows from a member and a partition. */
function chance(seed: number, partition: number): number {
  let mixed = Math.imul(seed ^ Math.imul(partition + 1, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (((mixed ^ (mixed >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
