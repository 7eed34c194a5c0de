import { setImmediate } from 'node:timers';
import type { DriveSettings } from './drive.ts';

/** The clock of this process, as a loop needs it. */
export const surroundings: Pick<DriveSettings, 'now' | 'after' | 'yield'> = {
  now: () => performance.now(),
  after: (ms, task) => void setTimeout(task, ms),
  yield: (goOn) => void setImmediate(goOn),
};

/** How many of so many in flight look at the clock: few enough that looking costs nothing. */
export function watchedOf(inFlight: number): number {
  return Math.ceil(inFlight / 16);
}
