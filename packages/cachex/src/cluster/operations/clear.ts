import { clear as clearAction } from '../../actions/clear.ts';
import type { Operation } from '../operation.ts';

/** Clears partitions as a part of another call. */
export const clear: Operation =
  ({ engine }) =>
  ({ partitions }): number =>
    clearAction.execute(engine, partitions, undefined);
