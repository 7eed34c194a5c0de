import type { Clock } from './clock.ts';

/** What `work` comes to, or a rejection with what `late` makes if that takes longer than `ms`. The work itself goes on. */
export function within<T>(clock: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(late()));
    work.finally(() => timer.cancel()).then(resolve, reject);
  });
}
