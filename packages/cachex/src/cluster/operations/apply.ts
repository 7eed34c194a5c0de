import { applyWrites } from '../../local/writes.ts';
import type { Operation } from '../operation.ts';

/** Writes what a transaction has staged in one partition: it is committed. Where nothing is staged it was done before. */
export const apply: Operation =
  ({ engine }) =>
  ({ hash }, id: string): void => {
    const lock = engine.locks!.held(id, hash);
    if (lock?.staged === undefined) return;
    engine.locks!.release(lock);
    applyWrites(engine, lock.staged.writes);
  };
