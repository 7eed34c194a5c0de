import { type Build, newest } from './build.ts';
import { heirsOf } from './plan.ts';
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
  /** Of which deploy it is: while there are several, only members of the newest one are given partitions. */
  readonly build?: Build;
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
  /** The members that hold an in-sync copy of each partition: whichever of them is promoted has everything acknowledged. */
  readonly backups: readonly (readonly string[])[];
  /** The name of the router that all members use. A cluster that nodes of an earlier version founded may have none yet. */
  readonly router?: string;
  /** How many such copies each partition is to have; settled by the founder. */
  readonly redundancy: number;
  /** How long silence must last to be a failure, in ms, from which the length of a lease follows; settled by the founder. */
  readonly failureAfter: number;
  /** The epoch at which each partition last changed its owner. */
  readonly terms: readonly number[];
  /**
   * The epoch at which the data of each partition began. A move leaves it; a partition whose owner was lost begins again,
   * empty, and whatever copy of the earlier data is around somewhere must never be served.
   */
  readonly origins: readonly number[];
  /**
   * Terms that began without proof that the earlier owner is gone. It may still answer until its lease runs out, so
   * whoever has a partition of such a term waits for that first.
   */
  readonly fenced: readonly number[];
  /** Whose grants make a lease. */
  readonly electorate: Electorate;
  /** The electorate before that: none of its leases may be renewed when the next one begins. */
  readonly former: Electorate;
  /** What has been opened in this cluster, with the settings of the first opener; the router does not interpret them. */
  readonly caches: Readonly<Record<string, unknown>>;
}

/** The nodes that vote on leases and on suspected deaths, from one epoch to another. */
export interface Electorate {
  /** The epoch at which it began. */
  readonly epoch: number;
  /** By incarnation, sorted; without those that are certainly gone. */
  readonly voters: readonly string[];
  /** How many of its voters are certainly gone: they grant nothing any more, and still count. */
  readonly gone: number;
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

/** What a founder settles. */
export interface Foundation {
  readonly redundancy?: number;
  readonly failureAfter?: number;
  /** Whether somebody may still answer who was removed without proof from the cluster that was here before. */
  readonly fenced?: boolean;
}

/** The first view of a cluster: one member, which owns everything. `epoch` is one more than that of any earlier view. */
export function found(
  birth: string,
  epoch: number,
  partitions: number,
  founder: Member,
  router: Router,
  { redundancy = 0, failureAfter = 3_000, fenced = false }: Foundation = {},
): View {
  const electorate: Electorate = { epoch, voters: [founder.incarnation], gone: 0 };
  const unowned: View = {
    birth,
    epoch: epoch - 1,
    members: [],
    owners: new Array<null>(partitions).fill(null),
    backups: new Array<readonly string[]>(partitions).fill(none),
    terms: new Array<number>(partitions).fill(epoch),
    origins: new Array<number>(partitions).fill(epoch),
    redundancy,
    failureAfter,
    fenced: fenced ? [epoch] : [],
    electorate,
    former: electorate,
    caches: {},
  };
  return join(unowned, [founder], router);
}

/** Adds members; one that comes back as another incarnation is first removed, with all it owned. */
export function join(view: View, joiners: readonly Member[], router: Router): View {
  const replaced = joiners.map((joiner) => joiner.id).filter((id) => memberOf(view, id) !== undefined);
  const rest = without(view, replaced, 'proved');
  const members = [...rest.members, ...joiners].sort((a, b) => (a.id < b.id ? -1 : 1));
  return adopt({ ...rest, members, router: view.router ?? router.name, epoch: view.epoch + 1 }, router);
}

/**
 * How a member was found to be gone. Only one whose end is proved is certainly not running any more; one that is suspected
 * may also still vote, for those who know no better. An operator is believed as to that.
 */
export type End = 'proved' | 'told' | 'suspected';

/**
 * Removes members that have died or left. What they owned goes to an in-sync copy where there is one, which keeps the data;
 * else it begins again, empty. Unless their end is proved, what they owned is fenced. Of several copies, one that can be
 * reached is preferred: who has died at the same time would take the data along.
 */
export function fail(
  view: View,
  ids: readonly string[],
  router: Router,
  end: End = 'proved',
  reaches: (id: string) => boolean = () => true,
): View {
  return adopt({ ...without(view, ids, end, reaches), epoch: view.epoch + 1 }, router);
}

/** Whether a member has yet to open something that others have opened. */
export function lacks(view: View, id: string, name: string): boolean {
  return Object.hasOwn(view.caches, name) && memberOf(view, id)?.opened.includes(name) === false;
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

/** A partition that is handed over, and who has a copy of it as its owner left it; nobody, unless it says so. */
export interface HandedOver extends Move {
  readonly backups?: readonly string[];
}

/** Gives partitions to the targets of `moves`. Only their owner may publish this. */
export function completeMoves(view: View, moves: readonly HandedOver[]): View {
  const owners = [...view.owners];
  const terms = [...view.terms];
  const backups = [...view.backups];
  for (const { partition, to, backups: copies } of moves) {
    owners[partition] = to;
    terms[partition] = view.epoch + 1;
    backups[partition] = copies ?? none;
  }
  return { ...view, owners, terms, backups, fenced: stillFenced(view.fenced, terms), epoch: view.epoch + 1 };
}

/** Records who has in-sync copies of some partitions now. Only their owner may publish this. */
export function changeBackups(view: View, changes: ReadonlyMap<number, readonly string[]>): View {
  const backups = view.backups.map((ids, partition) => changes.get(partition) ?? ids);
  return { ...view, backups, epoch: view.epoch + 1 };
}

/**
 * Makes those with a weight voters, or everybody where nobody has one, from the epoch of this view on. May be published
 * only if no lease of the `former` electorate can be had any more.
 */
export function reseat(view: View): View {
  const seats = seatsOf(view);
  if (sameVoters(view.electorate, seats)) return view;
  return {
    ...view,
    electorate: { epoch: view.epoch, voters: seats, gone: 0 },
    former: view.electorate,
  };
}

/** Whether the electorate is not the one it should be. */
export function wantsReseating(view: View): boolean {
  return !sameVoters(view.electorate, seatsOf(view));
}

function seatsOf({ members }: View): readonly string[] {
  const weighty = members.filter(({ weight }) => weight > 0);
  return (weighty.length > 0 ? weighty : members).map(({ incarnation }) => incarnation).sort();
}

function sameVoters({ voters, gone }: Electorate, seats: readonly string[]): boolean {
  return gone === 0 && voters.length === seats.length && voters.every((voter, n) => voter === seats[n]);
}

/** How many voters an electorate has, with those that are gone. */
export function sizeOf({ voters, gone }: Electorate): number {
  return voters.length + gone;
}

/** Finds a member by id. */
export function memberOf(view: View, id: string): Member | undefined {
  return view.members.find((member) => member.id === id);
}

/** Gives partitions without an owner to members that can serve them. */
function adopt(view: View, router: Router): View {
  if (!view.owners.includes(null)) return view;
  const able = heirsOf(view);
  // Where nobody has opened everything, calls for what is not open wait; the rest need not.
  const heirs = able.length > 0 ? able : newest(view.members.filter(({ weight }) => weight > 0));
  const target = router.assign(heirs, view.owners.length, view.owners);
  const owners = [...view.owners];
  const terms = [...view.terms];
  const origins = [...view.origins];
  const fences = new Set<number>(view.fenced);
  for (const [partition, owner] of view.owners.entries()) {
    const to = target[partition];
    if (owner !== null || to == null) continue;
    owners[partition] = to;
    if (fences.has(terms[partition]!)) fences.add(view.epoch);
    terms[partition] = view.epoch;
    origins[partition] = view.epoch;
  }
  return { ...view, owners, terms, origins, fenced: [...fences] };
}

/** Removes members in the view that comes next; what they owned goes to a copy, or is nobody's. */
function without(
  view: View,
  ids: readonly string[],
  end: End,
  reaches: (id: string) => boolean = () => true,
): View {
  if (ids.length === 0) return view;
  const gone = new Set(ids);
  const next = view.epoch + 1;
  const owners = [...view.owners];
  const terms = [...view.terms];
  const origins = [...view.origins];
  const backups = view.backups.map((copies) =>
    copies.some((id) => gone.has(id)) ? copies.filter((id) => !gone.has(id)) : copies,
  );
  let fences = false;
  for (const [partition, owner] of view.owners.entries()) {
    if (owner === null || !gone.has(owner)) continue;
    const heir = backups[partition]!.find(reaches) ?? backups[partition]![0];
    // A fence that stands already keeps standing: its owner had not begun to answer yet, perhaps.
    if (end !== 'proved' || view.fenced.includes(terms[partition]!)) fences = true;
    owners[partition] = heir ?? null;
    terms[partition] = next;
    if (heir === undefined) origins[partition] = next;
    // What the others have may differ from it by what was never acknowledged: they take a new copy.
    backups[partition] = none;
  }
  const incarnations = new Set(
    view.members.filter(({ id }) => gone.has(id)).map(({ incarnation }) => incarnation),
  );
  const bury = (electorate: Electorate): Electorate => {
    if (end === 'suspected') return electorate;
    const voters = electorate.voters.filter((voter) => !incarnations.has(voter));
    return { ...electorate, voters, gone: electorate.gone + electorate.voters.length - voters.length };
  };
  return {
    ...view,
    members: view.members.filter((member) => !gone.has(member.id)),
    owners,
    terms,
    origins,
    backups,
    fenced: [...stillFenced(view.fenced, terms), ...(fences ? [next] : [])],
    electorate: bury(view.electorate),
    former: bury(view.former),
  };
}

function stillFenced(fenced: readonly number[], terms: readonly number[]): readonly number[] {
  if (fenced.length === 0) return fenced;
  const standing = new Set(terms);
  return fenced.filter((term) => standing.has(term));
}
