import { type InspectOptions, inspect as inspectAction, inspectHere } from '../../actions/inspect.ts';
import { executeAction } from '../../bind.ts';
import type { Operation } from '../operation.ts';

/** `inspect` at the node that was named. */
export const inspect: Operation =
  ({ engine }) =>
  (_context, what: string, detail: unknown, options: InspectOptions | undefined): unknown => {
    const here = { ...inspectAction, execute: () => inspectHere(engine, what, detail) };
    return executeAction(engine, here, [], [what, detail, options]);
  };
