import { CacheError } from '../../errors.ts';
import { applyWrites, checkWrites, type Write } from '../../local/writes.ts';
import { lockLost } from '../lock-lost.ts';
import type { Operation } from '../operation.ts';

/**
 * Decides a transaction, at its home: it is committed from now on, or, if its lock there has run out, `LOCK_LOST` and it
 * never will be. Writes what concerns this partition, and notes which others have yet to write their parts.
 */
export const commit: Operation =
  ({ engine }) =>
  ({ hash }, id: string, token: string, writes: readonly Write[], pending: readonly number[]): void => {
    const locks = engine.locks!;
    const lock = locks.held(id, hash);
    if (lock?.token !== token) throw lockLost(engine.name);
    try {
      checkWrites(engine, writes);
    } catch (cause) {
      // Whatever was thrown, this code tells the caller that the transaction is not committed.
      const message = `limit.sizeOf: it cannot measure what a transaction writes (${(cause as Error).message}); nothing was written`;
      throw new CacheError('INVALID_OPTION', message, { cause });
    }
    locks.release(lock);
    applyWrites(engine, writes);
    if (pending.length > 0) locks.decide(id, hash, pending);
  };
