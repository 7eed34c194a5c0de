import type { Operation } from '../operation.ts';

/** Partitions have applied a transaction that was decided here. */
export const confirm: Operation =
  ({ engine }) =>
  ({ hash }, id: string, applied: readonly number[]): void =>
    engine.locks!.confirm(id, hash, applied);
