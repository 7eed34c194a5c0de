import { underReplicated } from './backup-plan.ts';
import type { Build } from './build.ts';
import type { MoveStatus } from './moves.ts';
import type { Move, View } from './view.ts';

/** One member as {@link NodeStatus} shows it. */
export interface MemberStatus {
  readonly id: string;
  readonly weight: number;
  /** Missing if it joined without one. */
  readonly build?: Build;
  /** How many partitions it owns. */
  readonly partitions: number;
  /** How many partitions of others it has an in-sync copy of. */
  readonly backups: number;
  readonly opened: readonly string[];
  /** Whether this node's link to it stands. */
  readonly up: boolean;
  /** The version of the wire that the link speaks; `undefined` while it does not stand, and for this node itself. */
  readonly protocol: number | undefined;
}

/** What a node knows of its cluster and of itself. */
export interface NodeStatus {
  readonly id: string;
  readonly cluster: string;
  readonly birth: string;
  readonly epoch: number;
  readonly partitions: number;
  readonly members: readonly MemberStatus[];
  /** Partitions that nobody owns: their keys cannot be reached. */
  readonly unowned: number;
  /** Partitions with fewer in-sync backups than there are to be, or can be. A node knows best about those that it owns. */
  readonly underReplicated: number;
  /** Partitions that the router wants elsewhere than they are. */
  readonly moving: number;
  /** The groups of partitions that this node is handing over now. */
  readonly moves: readonly MoveStatus[];
}

/** How many partitions members own, and how many they have copies of. */
interface Holdings {
  readonly owned: ReadonlyMap<string | null, number>;
  readonly copied: ReadonlyMap<string, number>;
}

const known = new WeakMap<View, Holdings>();

function holdingsOf(view: View): Holdings {
  const before = known.get(view);
  if (before !== undefined) return before;
  const owned = new Map<string | null, number>();
  const copied = new Map<string, number>();
  for (const owner of view.owners) owned.set(owner, (owned.get(owner) ?? 0) + 1);
  for (const ids of view.backups) for (const id of ids) copied.set(id, (copied.get(id) ?? 0) + 1);
  const holdings = { owned, copied };
  known.set(view, holdings);
  return holdings;
}

export function statusOf(
  id: string,
  cluster: string,
  view: View,
  planned: readonly Move[],
  moves: readonly MoveStatus[],
  links: (id: string) => { readonly up: boolean; readonly protocol: number | undefined } | undefined,
  kept: (id: string, partition: number) => boolean,
): NodeStatus {
  const { owned, copied } = holdingsOf(view);
  return {
    id,
    cluster,
    birth: view.birth,
    epoch: view.epoch,
    partitions: view.owners.length,
    members: view.members.map((member) => ({
      id: member.id,
      weight: member.weight,
      ...(member.build === undefined ? {} : { build: member.build }),
      partitions: owned.get(member.id) ?? 0,
      backups: copied.get(member.id) ?? 0,
      opened: member.opened,
      up: member.id === id || links(member.id)?.up === true,
      protocol: links(member.id)?.protocol,
    })),
    unowned: owned.get(null) ?? 0,
    underReplicated: underReplicated(view, kept),
    moving: planned.length,
    moves,
  };
}
