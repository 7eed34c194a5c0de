import type { Phase } from './drive.ts';

/** How much is enough: as long and as many operations, or else the longest that is waited for them. Times in ms. */
export interface Length {
  readonly ms: number;
  readonly operations: number;
  readonly atMost: number;
}

/** A phase of that length. */
export function atLeast({ ms: shortest, operations: fewest, atMost }: Length): Phase {
  return (operations, ms) => ms >= atMost || (ms >= shortest && operations >= fewest);
}
