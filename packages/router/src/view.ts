import type { Owners, Router } from './router.ts';

/** A node as the cluster has agreed on it. */
export interface Member {
  readonly id: string;
  /** New at every start: a node that comes back under its old id is another member. */
  readonly incarnation: string;
  readonly address: string;
  /** The share of the partitions it asks for, relative to the others; 0 owns nothing. */
  readonly weight: number;
  /** What it has opened; it is given partitions once this names every entry of the view's `caches`. */
  readonly opened: readonly string[];
}

/** What the cluster has agreed on. Views are immutable; a transition makes the next one. */
export interface View {
  /** Random, drawn when the cluster was founded: two clusters are never mistaken for one. */
  readonly birth: string;
  /** Grows by one with every view. */
  readonly epoch: number;
  /** Sorted by id. */
  readonly members: readonly Member[];
  /** The one node that may answer for each partition. */
  readonly owners: Owners;
  /** The in-sync copies of each partition, by member id; none yet, for backups are still to come. */
  readonly backups: readonly (readonly string[])[];
  /** The epoch at which each partition last changed its owner. */
  readonly terms: readonly number[];
  /**
   * The epoch at which the data of each partition began. A move leaves it; a partition whose owner was lost begins again,
   * empty, and whatever copy of the earlier data is around somewhere must never be served.
   */
  readonly origins: readonly number[];
  /** What has been opened in this cluster, with the settings of the first opener; the router does not interpret them. */
  readonly caches: Readonly<Record<string, unknown>>;
}

/** One partition on its way from its owner to another member. */
export interface Move {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

/** The number of partitions unless the founder of a cluster says otherwise. */
export const defaultPartitions = 4096;

const none: readonly string[] = Object.freeze([]);

/** The first view of a cluster: one member, which owns everything. `epoch` is one more than that of any earlier view. */
export function found(
  birth: string,
  epoch: number,
  partitions: number,
  founder: Member,
  router: Router,
): View {
  const unowned: View = {
    birth,
    epoch: epoch - 1,
    members: [],
    owners: new Array<null>(partitions).fill(null),
    backups: new Array<readonly string[]>(partitions).fill(none),
    terms: new Array<number>(partitions).fill(epoch),
    origins: new Array<number>(partitions).fill(epoch),
    caches: {},
  };
  return join(unowned, [founder], router);
}

/** Adds members; one that comes back as another incarnation is first removed, with all it owned. */
export function join(view: View, joiners: readonly Member[], router: Router): View {
  const replaced = joiners.map((joiner) => joiner.id).filter((id) => memberOf(view, id) !== undefined);
  const rest = without(view, replaced);
  const members = [...rest.members, ...joiners].sort((a, b) => (a.id < b.id ? -1 : 1));
  return adopt({ ...rest, members, epoch: view.epoch + 1 }, router);
}

/** Removes members that have died or left; what they owned goes to those that remain. */
export function fail(view: View, ids: readonly string[], router: Router): View {
  return adopt({ ...without(view, ids), epoch: view.epoch + 1 }, router);
}

/** Records that a member has opened `name`; the first one to do so settles its settings. */
export function open(view: View, id: string, name: string, settings: unknown, router: Router): View {
  const members = view.members.map((member) =>
    member.id === id && !member.opened.includes(name)
      ? { ...member, opened: [...member.opened, name].sort() }
      : member,
  );
  const caches = Object.hasOwn(view.caches, name) ? view.caches : { ...view.caches, [name]: settings };
  return adopt({ ...view, members, caches, epoch: view.epoch + 1 }, router);
}

/** Gives a member another weight. With 0 it is to be emptied, as before it leaves. */
export function reweigh(view: View, id: string, weight: number, router: Router): View {
  const members = view.members.map((member) => (member.id === id ? { ...member, weight } : member));
  return adopt({ ...view, members, epoch: view.epoch + 1 }, router);
}

/** Gives partitions to the targets of `moves`. Only their owner may publish this. */
export function completeMoves(view: View, moves: readonly Move[]): View {
  const owners = [...view.owners];
  const terms = [...view.terms];
  for (const { partition, to } of moves) {
    owners[partition] = to;
    terms[partition] = view.epoch + 1;
  }
  return { ...view, owners, terms, epoch: view.epoch + 1 };
}

/**
 * The moves that the router asks for. They follow from the view alone, so that each owner can work out its own without
 * a coordinator; a member that has yet to open something keeps what it has and is given no more.
 */
export function planMoves(view: View, router: Router): readonly Move[] {
  const partitions = view.owners.length;
  const able = view.members.filter((member) => hasOpenedAll(view, member));
  const ready = new Set(able.map((member) => member.id));
  const emptied = new Set(view.members.filter(({ weight }) => weight === 0).map((member) => member.id));
  const target = router.assign(view.members, partitions, view.owners);
  // A member that is to be emptied does not wait for others to open anything.
  const refuge = emptied.size === 0 ? target : router.assign(able, partitions, view.owners);
  const moves: Move[] = [];
  for (const [partition, from] of view.owners.entries()) {
    if (from === null) continue;
    const wanted = target[partition] ?? null;
    const to = wanted !== null && !ready.has(wanted) && emptied.has(from) ? refuge[partition] : wanted;
    if (to != null && to !== from && ready.has(to)) moves.push({ partition, from, to });
  }
  return moves;
}

/** Finds a member by id. */
export function memberOf(view: View, id: string): Member | undefined {
  return view.members.find((member) => member.id === id);
}

/** Whether a member may be given partitions. */
export function hasOpenedAll(view: View, member: Member): boolean {
  return Object.keys(view.caches).every((name) => member.opened.includes(name));
}

/** Gives partitions without an owner to members that can serve them. */
function adopt(view: View, router: Router): View {
  if (!view.owners.includes(null)) return view;
  const able = view.members.filter((member) => member.weight > 0 && hasOpenedAll(view, member));
  // Where nobody has opened everything, calls for what is not open wait; the rest need not.
  const heirs = able.length > 0 ? able : view.members;
  const target = router.assign(heirs, view.owners.length, view.owners);
  const owners = [...view.owners];
  const terms = [...view.terms];
  for (const [partition, owner] of view.owners.entries()) {
    const to = target[partition];
    if (owner !== null || to == null) continue;
    owners[partition] = to;
    terms[partition] = view.epoch;
  }
  return { ...view, owners, terms };
}

/** Removes members in the view that comes next; what they owned is nobody's. */
function without(view: View, ids: readonly string[]): View {
  if (ids.length === 0) return view;
  const gone = new Set(ids);
  const orphaned = view.owners.map((owner) => owner !== null && gone.has(owner));
  return {
    ...view,
    members: view.members.filter((member) => !gone.has(member.id)),
    owners: view.owners.map((owner, partition) => (orphaned[partition] ? null : owner)),
    terms: view.terms.map((term, partition) => (orphaned[partition] ? view.epoch + 1 : term)),
    origins: view.origins.map((origin, partition) => (orphaned[partition] ? view.epoch + 1 : origin)),
    backups: view.backups.map((ids) =>
      ids.some((id) => gone.has(id)) ? ids.filter((id) => !gone.has(id)) : ids,
    ),
  };
}
