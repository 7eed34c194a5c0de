import type { Clock } from '../clock.ts';
import type { ViewStore } from '../view-store.ts';
import { within } from '../within.ts';

/**
 * A view store whose operations reject if they take longer than `ms`: nothing here may wait for ever for a store that
 * hangs. As with any rejection the outcome of a `compareAndSet` is then unknown, and is found out by reading again.
 */
export function bounded(store: ViewStore, clock: Clock, ms: number): ViewStore {
  const inTime = <T>(work: Promise<T>): Promise<T> =>
    within(clock, ms, work, () => new Error(`the view store did not answer within ${ms} ms`));
  return {
    read: () => inTime(store.read()),
    compareAndSet: (expected, next) => inTime(store.compareAndSet(expected, next)),
    watch: (changed) => store.watch(changed),
    // Who closes it has no use for what it is still about.
    close: () => inTime(store.close()).catch(() => {}),
  };
}
