import { hashKey } from './hash.ts';
import { hasOpenedAll, type Member, type View } from './view.ts';

/**
 * Who should hold copies of a partition beside its owner: the members that score highest for it, by rendezvous hashing
 * with weights (Thaler and Ravishankar 1998; the logarithmic weights are Schindelhauer and Schomaker's, 2005). A member
 * that comes or goes changes nothing but its own share, and heavier members hold more. It follows from the view alone.
 */
export class BackupPlan {
  readonly #view: View;
  readonly #candidates: readonly { readonly id: string; readonly weight: number; readonly seed: number }[];

  constructor(view: View) {
    this.#view = view;
    this.#candidates = view.members
      .filter((member) => mayHold(view, member))
      .map(({ id, weight }) => ({ id, weight, seed: hashKey(id) }));
  }

  /** The members that are wanted, best first: as many as there are to be, or as there can be. */
  wanted(partition: number): readonly string[] {
    const { redundancy, owners } = this.#view;
    const owner = owners[partition];
    if (redundancy === 0 || owner == null) return [];
    const best: { readonly id: string; readonly score: number }[] = [];
    // In order of their ids, so that of equal ones the first wins.
    for (const { id, weight, seed } of this.#candidates) {
      if (id === owner) continue;
      const score = -weight / Math.log(chance(seed, partition));
      if (best.length === redundancy && score <= best.at(-1)!.score) continue;
      const place = best.findIndex((other) => other.score < score);
      best.splice(place < 0 ? best.length : place, 0, { id, score });
      best.length = Math.min(best.length, redundancy);
    }
    return best.map(({ id }) => id);
  }
}

/**
 * How many partitions have fewer in-sync copies than they could. `kept`: whether one that the view names is in sync, as far
 * as is known here.
 */
export function underReplicated(
  view: View,
  kept: (id: string, partition: number) => boolean = () => true,
): number {
  if (view.redundancy === 0) return 0;
  const able = new Set(view.members.filter((member) => mayHold(view, member)).map(({ id }) => id));
  return view.owners.filter((owner, partition) => {
    if (owner === null) return false;
    const possible = able.size - (able.has(owner) ? 1 : 0);
    const there = view.backups[partition]!.filter((id) => kept(id, partition));
    return there.length < Math.min(view.redundancy, possible);
  }).length;
}

/** Whether a member is given copies: not one that is to be emptied, or lacks what has been opened. */
export function mayHold(view: View, member: Member): boolean {
  return member.weight > 0 && hasOpenedAll(view, member);
}

/** A number in (0, 1) that follows from a member and a partition. */
function chance(seed: number, partition: number): number {
  let mixed = Math.imul(seed ^ Math.imul(partition + 1, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (((mixed ^ (mixed >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
