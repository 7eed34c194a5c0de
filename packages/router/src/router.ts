/** A member as a router sees it. `weight` is at least 0; a member of weight 0 is never given a partition. */
export interface RoutedMember {
  readonly id: string;
  readonly weight: number;
}

/** The owner of each partition by member id, `null` where nobody owns it; the index is the partition. */
export type Owners = readonly (string | null)[];

/**
 * A strategy that assigns partitions to members.
 *
 * `assign` must be a pure function of its arguments: every node computes it for itself and all must agree. `members`
 * comes sorted by id, without duplicates. `previous` is the assignment in force; its entries may name nodes that are no
 * longer members. The answer has exactly `partitions` entries, each the id of a member of positive weight, or `null`
 * everywhere when there is no such member.
 */
export interface Router {
  readonly name: string;
  assign(members: readonly RoutedMember[], partitions: number, previous: Owners): Owners;
}
