import type { Operation } from '../operation.ts';

/** A load that runs at its caller goes on for so many ms more; 0: it was given up. Answers whether it is still known. */
export const renew: Operation =
  ({ engine }) =>
  (_context, token: string, ms: number): boolean =>
    engine.loads.renew(token, ms);
