import type { Operation } from '../operation.ts';

/** What this node says of itself; of all its caches, whichever of them is asked. */
export const vitals: Operation =
  ({ vitals }) =>
  () =>
    vitals.read();
