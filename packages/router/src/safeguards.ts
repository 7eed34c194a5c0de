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
}

export const allSafeguards: Safeguards = {
  sealing: true,
  singleCommit: true,
  orderedDeltas: true,
  ownershipCheck: true,
  movingLoads: true,
};
