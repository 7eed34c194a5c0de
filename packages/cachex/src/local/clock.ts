import type { Clock, Random } from '@cachex/router';

/** `setTimeout` treats longer waits as 1 ms. */
const longestWait = 2 ** 31 - 1;

/**
 * The real time of this process. The router has the same one, but importing it from there would load everything the
 * router needs, which a local cache does not. Globals are looked up at each call, so that fake timers work.
 */
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

/** Good enough to spread expiries; nothing here must be unguessable. */
export const systemRandom: Random = () => Math.random();
