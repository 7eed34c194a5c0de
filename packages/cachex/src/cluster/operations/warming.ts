import type { Operation } from '../operation.ts';
import { warmersOf } from './warm.ts';

/** Waits for the end of a run, or for a first good one. */
export const warming: Operation =
  (place) =>
  async (_context, name: string, run: string | undefined): Promise<void> => {
    const warmers = warmersOf(place, name);
    await (run === undefined ? warmers.ready(name) : warmers.wait(name, run));
  };
