import type { Operation } from '../operation.ts';

/** Prolongs what a transaction has locked in one partition; answers whether it has anything there. */
export const prolong: Operation =
  ({ engine }) =>
  ({ hash }, id: string, lease: number): boolean =>
    engine.locks!.renew(id, hash, lease);
