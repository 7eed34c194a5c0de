import { type ResetOptions, reset as resetAction, resetHooks } from '../../actions/reset.ts';
import { executeAction } from '../../bind.ts';
import type { Operation } from '../operation.ts';

/** The part of `reset` that a node does for itself. */
export const reset: Operation =
  ({ engine }) =>
  (_context, options: ResetOptions | undefined): void => {
    const here = { ...resetAction, execute: () => resetHooks(engine, options) };
    executeAction(engine, here, [], [options]);
  };
