import { checkWrites, type Write } from '../../local/writes.ts';
import { lockLost } from '../lock-lost.ts';
import type { Operation } from '../operation.ts';

/**
 * Keeps what a transaction will write to one partition, until it is known whether it is committed. From then on the lock
 * does not run out by itself. `LOCK_LOST` if it has before.
 */
export const stage: Operation =
  ({ engine }) =>
  (
    { hash },
    id: string,
    token: string,
    lease: number,
    writes: readonly Write[],
    home: number,
    homeToken: string,
  ): void => {
    const locks = engine.locks!;
    const lock = locks.held(id, hash);
    if (lock?.token !== token) throw lockLost(engine.name);
    checkWrites(engine, writes);
    locks.stage(lock, hash, { writes, home: { hash: home, token: homeToken } }, lease);
  };
