import { newest } from './build.ts';
import type { Router } from './router.ts';
import type { Member, Move, View } from './view.ts';

/** What was planned for views: several ask for each. */
const plans = new WeakMap<View, { readonly router: Router; readonly moves: readonly Move[] }>();

/**
 * The moves that the router asks for. They follow from the view alone, so that each owner can work out its own without
 * a coordinator; a member that has yet to open something keeps what it has and is given no more.
 *
 * While members of different builds share the partitions, a deploy is under way: then nothing moves but what a member of
 * weight 0 still has, and that goes to the newest build. If each node is replaced by a newer one that was there before it
 * leaves, each partition moves once.
 */
export function planMoves(view: View, router: Router): readonly Move[] {
  const known = plans.get(view);
  if (known?.router === router) return known.moves;
  const moves = plan(view, router);
  plans.set(view, { router, moves });
  return moves;
}

function plan(view: View, router: Router): readonly Move[] {
  const { members, owners } = view;
  const heirs = heirsOf(view);
  const ready = new Set(heirs.map(({ id }) => id));
  const emptied = new Set(members.filter(({ weight }) => weight === 0).map(({ id }) => id));
  const target = router.assign(members, owners.length, owners);
  // A member that is to be emptied does not wait for others to open anything.
  const refuge = emptied.size === 0 ? target : router.assign(heirs, owners.length, owners);
  const deploying = isDeploying(view);
  const moves: Move[] = [];
  for (const [partition, from] of owners.entries()) {
    if (from === null) continue;
    const leaves = emptied.has(from);
    if (deploying && !leaves) continue;
    const wanted = target[partition] ?? null;
    const to = leaves && wanted !== null && !ready.has(wanted) ? refuge[partition] : wanted;
    if (to != null && to !== from && ready.has(to)) moves.push({ partition, from, to });
  }
  return moves;
}

/** Who may be given partitions now: those with a weight that have opened everything, and of these the newest build. */
export function heirsOf(view: View): readonly Member[] {
  return newest(view.members.filter((member) => member.weight > 0 && hasOpenedAll(view, member)));
}

/** Whether members of different builds share the partitions. */
export function isDeploying({ members }: View): boolean {
  const sharing = members.filter(({ weight }) => weight > 0);
  return newest(sharing).length < sharing.length;
}

/** Whether a member has opened everything that is open in its cluster. */
export function hasOpenedAll(view: View, member: Member): boolean {
  return Object.keys(view.caches).every((name) => member.opened.includes(name));
}
