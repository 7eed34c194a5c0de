import type { Encoded } from '@cachex/router';
import type { Operation } from '../operation.ts';

/** A run has ended that was begun where the name of the warmer was owned. */
export const warmed: Operation =
  ({ engine, node }) =>
  (_context, name: string, run: string, error: Encoded | undefined): boolean =>
    engine.warmers?.settle(
      name,
      run,
      error === undefined ? undefined : node.codec.decodeError(error.bytes),
    ) === true;
