import { openSync, readSync } from 'node:fs';

/** What a thread has done so far, in ms. */
export interface ThreadTimes {
  /** For how long it ran. Exact when the thread is switched away, up to a {@link tick} behind while it runs. */
  readonly ran: number;
  /** For how long it waited for a processor that others had. Exact. */
  readonly waited: number;
}

/** How far `ran` may be behind, in ms: most kernels count 250 times a second. */
export const tick = 4;

const nanoseconds = 1e6;

/** Answers what this thread has done so far, where the system tells (Linux); elsewhere `undefined`. */
export function threadTimes(): () => ThreadTimes | undefined {
  const file = openedFile();
  if (file === undefined) return () => undefined;
  const bytes = Buffer.alloc(64);
  return () => {
    const length = readSync(file, bytes, 0, bytes.length, 0);
    const [ran, waited] = bytes.toString('latin1', 0, length).split(' ').map(Number);
    return { ran: ran! / nanoseconds, waited: waited! / nanoseconds };
  };
}

function openedFile(): number | undefined {
  try {
    return openSync('/proc/thread-self/schedstat', 'r');
  } catch {
    return undefined;
  }
}
