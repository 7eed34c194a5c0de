import { readdirSync, readlinkSync } from 'node:fs';
import type { Noise } from './trend.ts';

/** What a process holds. */
export interface Sample {
  /** Bytes of the heap after a full collection. */
  readonly heap: number;
  /** Bytes outside it that belong to objects of it, buffers above all. */
  readonly outside: number;
  /** What keeps its event loop going: timers, sockets, requests. */
  readonly handles: number;
  readonly sockets: number;
  readonly files: number;
}

const mebibyte = 1024 * 1024;

/** What is said of each, and what it may rise by: nodes that come and go take links, and partitions, with them. */
export const figures: Readonly<Record<keyof Sample, { title: string; bytes: boolean; noise: Noise }>> = {
  heap: {
    ...{ title: 'heap after a full collection', bytes: true },
    noise: { share: 0.1, least: 4 * mebibyte },
  },
  outside: { title: 'memory outside the heap', bytes: true, noise: { share: 0.1, least: 4 * mebibyte } },
  handles: { title: 'handles of the event loop', bytes: false, noise: { share: 0.1, least: 4 } },
  sockets: { title: 'sockets', bytes: false, noise: { share: 0.1, least: 3 } },
  files: { title: 'files', bytes: false, noise: { share: 0.1, least: 2 } },
};

/** What this process holds now; it runs with `--expose-gc`, on Linux. */
export function sample(): Sample {
  // What the first one finalizes is there for the second.
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  const open = openPaths();
  return {
    heap: heapUsed,
    outside: external,
    handles: process.getActiveResourcesInfo().length,
    sockets: open.filter((path) => path.startsWith('socket:')).length,
    files: open.filter((path) => path.startsWith('/')).length,
  };
}

function openPaths(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // That by which the list was read.
      return [];
    }
  });
}
