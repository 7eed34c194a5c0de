import type { Column } from '../columns.ts';

/** What a policy can ask about an entry that is there. */
export interface Resident {
  /**
   * A number for each slot, of which the low eight bits are the policy's own: they are 0 when it is told of a new entry. The
   * rest of it a policy leaves as it is.
   */
  readonly marks: Column<Int32Array>;
  /** The hash of its key, as a signed 32-bit number: what is remembered of entries that are gone. */
  hashOf(slot: number): number;
  /** What it takes of the limit: 1 where entries are counted, else bytes. Always what it was when the policy was told last. */
  weightOf(slot: number): number;
}

/**
 * Decides which entry goes where there is no room for another. It knows entries by their slots: small whole numbers, dealt
 * out again once they are free; an entry keeps its slot for as long as it is there. Nothing here may fail, allocate for a
 * call, or take longer the more entries there are; `evict` may be long once if the time was earned before (amortised).
 */
export interface Policy {
  /** Slots below `slots` may be used from now on. Never fewer than before, until `clear`. */
  grow(slots: number): void;
  /** An entry was added. */
  added(slot: number): void;
  /** It was read. This is on the way of every `get`: a few array accesses, no more. */
  used(slot: number): void;
  /**
   * Set by a policy for which a use is nothing but the two lowest bits of the mark counted up to {@link mostUses}: whoever has
   * the mark at hand does that, and need not call `used`.
   */
  readonly countsInMarks?: true;
  /** It was given a new value, whose weight differs by `change` from that of the one before. */
  written(slot: number, change: number): void;
  /** It is about to be removed, for another reason than room. */
  removed(slot: number): void;
  /** Chooses an entry that must go, and forgets it; it is removed afterwards. Called only while there is one. */
  evict(): number;
  /** All entries were removed at once. */
  clear(): void;
}

/** Up to this uses are counted in marks, by who {@link Policy.countsInMarks}: all of the two lowest bits. */
export const mostUses = 3;

/** Makes the policy of one cache. */
export type PolicyFactory = (resident: Resident) => Policy;
