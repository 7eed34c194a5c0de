import type { Operation } from '../operation.ts';

/** What became of a transaction; a number: it is not decided yet, and its lease lasts so many ms more. */
export type TransactionOutcome = 'committed' | 'aborted' | number;

/**
 * Tells one who has staged writes of a transaction what became of it. If it is not committed and its lock here has run
 * out, it is aborted: without the lock nobody can commit it any more.
 */
export const outcome: Operation =
  ({ engine }) =>
  ({ hash }, id: string, token: string): TransactionOutcome => {
    const locks = engine.locks!;
    if (locks.decision(id, hash) !== undefined) return 'committed';
    const lock = locks.held(id, hash);
    return lock?.token === token ? Math.max(0, lock.until - locks.now) : 'aborted';
  };
