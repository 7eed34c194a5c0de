/** A pending timer; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as every part of the library sees it. It is always handed in, so that a test can hold time still, step it, or
 * replay a seed; nothing here calls `Date.now` or `setTimeout` by itself.
 */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start; never goes back. Used for deadlines and expiry. */
  now(): number;
  /** Wall-clock milliseconds since 1970; only to turn an instant the user names into time that remains. */
  wallTime(): number;
  /** Runs `task` once after `ms` milliseconds. A timer never keeps the process alive. */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` once the events that are already waiting were handled (`setImmediate`). */
  defer(task: () => void): void;
}

/** `setTimeout` treats longer waits as 1 ms. */
const longestWait = 2 ** 31 - 1;

/** The real time of this process. Globals are looked up at each call, so that fake timers of a test runner work. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after(ms, task) {
    const handle = setTimeout(task, Math.min(ms, longestWait));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  defer: (task) => {
    setImmediate(task);
  },
};
