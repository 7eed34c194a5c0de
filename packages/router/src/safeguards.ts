/**
 * The mechanisms that keep ownership exclusive and data in sync, each of which a test turns off to show that it is
 * needed. Everything is on, always, outside such tests.
 */
export interface Safeguards {
  /** Calls wait while a partition changes hands. */
  readonly sealing: boolean;
  /** The view that names the new owner is published once, after its copy is in sync. */
  readonly singleCommit: boolean;
  /** Changes reach a copy in the order in which they were made. */
  readonly orderedDeltas: boolean;
  /** The node that is asked checks that it owns the key now. */
  readonly ownershipCheck: boolean;
  /** Work in flight, and those who wait for it, move with the partition. */
  readonly movingLoads: boolean;
  /** Replies wait until the published copies have what they could have observed. */
  readonly gatedReplies: boolean;
  /** All that one call changes reaches a copy together, and with it that the call was executed. */
  readonly wholeCalls: boolean;
  /** Calls that were executed are remembered, so that one that comes again is not executed again. */
  readonly callLog: boolean;
  /** A node answers only while it holds a lease. */
  readonly leases: boolean;
  /** At least half of the electorate must promise to grant a suspected node nothing more. */
  readonly promises: boolean;
  /** Who takes over without proof waits until the lease of the earlier owner has run out. */
  readonly fencing: boolean;
  /** A node that most others do not hear goes on naming its copies in the view: they may be about to go on from them. */
  readonly restraint: boolean;
}

export const allSafeguards: Safeguards = {
  sealing: true,
  singleCommit: true,
  orderedDeltas: true,
  ownershipCheck: true,
  movingLoads: true,
  gatedReplies: true,
  wholeCalls: true,
  callLog: true,
  leases: true,
  promises: true,
  fencing: true,
  restraint: true,
};
