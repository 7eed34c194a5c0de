import type { Operation } from '../operation.ts';

/**
 * Ends what a transaction has locked in one partition; what it has staged there is dropped. Whoever says so knows that it
 * is not committed and never will be, or that it has changed nothing here. Answers whether the lock of that token was held.
 */
export const unlock: Operation =
  ({ engine }) =>
  ({ hash }, id: string, token: string | undefined): boolean => {
    const locks = engine.locks!;
    locks.giveUp(id);
    const lock = locks.held(id, hash);
    if (lock !== undefined) locks.release(lock);
    return lock !== undefined && lock.token === token;
  };
