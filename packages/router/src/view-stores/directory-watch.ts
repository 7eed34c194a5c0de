import { type FSWatcher, watch } from 'node:fs';
import type { Clock, Timer } from '../clock.ts';

export interface DirectoryWatchOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly poll: number;
  /** Makes sure that the directory exists. */
  prepare(): Promise<void>;
  /** The number of the newest file. */
  look(): Promise<number>;
  /** The number in a file's name; 0 for files that do not matter. */
  slotOf(name: string): number;
  changed(): void;
}

/**
 * Calls `changed` when a file with a higher number than any before appears, and once at the start if there is one, as
 * what came before the watch began is not known. Change events make it quick; where there are none (network file systems,
 * no inotify watches left), a look at every `poll` milliseconds makes it sure.
 */
export function watchDirectory(options: DirectoryWatchOptions): () => void {
  const { directory, clock, poll, prepare, look, slotOf, changed } = options;
  let seen = 0;
  let stopped = false;
  let events: FSWatcher | undefined;
  let timer: Timer | undefined;

  const arrived = (slot: number): void => {
    if (stopped || slot <= seen) return;
    seen = slot;
    changed();
  };
  const subscribe = (): void => {
    try {
      events = watch(directory, { persistent: false }, (_event, name) => {
        if (name !== null) arrived(slotOf(name));
      });
      events.on('error', () => events?.close());
    } catch {
      // Looking at intervals remains.
    }
  };
  const round = async (): Promise<void> => {
    let newest = 0;
    try {
      await prepare();
      if (events === undefined && !stopped) subscribe();
      newest = await look();
    } catch {
      // An outage: who calls `read` learns of it, and the next round tries again.
    }
    if (stopped) return;
    timer = clock.after(poll, round);
    arrived(newest);
  };
  void round();

  return () => {
    stopped = true;
    timer?.cancel();
    events?.close();
  };
}
