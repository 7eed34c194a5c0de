import type { Clock, Random } from '@cachex/router';

/** Time for an engine: exact, and of late. */
export interface EngineClock extends Clock {
  /**
   * Like `now`, but in whole milliseconds, and may be as old as this turn of the event loop, or 64 reads. Reading a real clock takes several times as
   * long as finding an entry does, and holds up what the processor would do meanwhile.
   */
  recent(): number;
}

/** `setTimeout` treats longer waits as 1 ms. */
const longestWait = 2 ** 31 - 1;
const readsOfOneLook = 64;
/** In ms. Where looks are further apart, what is done between two reads takes far longer than a look. */
const farApart = 16;

/** The real time of this process, as it is read where this is called. */
export function createSystemClock(): EngineClock {
  const { now } = performance;
  const { setImmediate: endOfTurn } = globalThis;
  let seen = 0;
  let reads = 0;
  let turning = false;
  const look = (): number => {
    const time = Math.floor(performance.now());
    // The clock of a test runner stands in their place: it may be set at any moment, and nobody else may use its timers.
    reads = 0;
    if (performance.now !== now || globalThis.setImmediate !== endOfTurn || endOfTurn === undefined)
      return time;
    reads = time - seen > farApart ? 0 : readsOfOneLook;
    seen = time;
    if (!turning) {
      turning = true;
      endOfTurn(() => {
        turning = false;
        reads = 0;
      });
    }
    return time;
  };
  return {
    now: () => performance.now(),
    recent() {
      // `performance` is a getter, which would take longer than the rest: who replaces it mostly replaces this, too.
      if (reads === 0 || setImmediate !== endOfTurn) return look();
      reads -= 1;
      return seen;
    },
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
}

/**
 * The real time of this process. The router has the same one, but importing it from there would load everything the
 * router needs, which a local cache does not. Globals are looked up at each call, so that fake timers work.
 */
export const systemClock: EngineClock = createSystemClock();

/** A clock of which nothing is remembered, unless it does so itself. */
export function engineClock(clock: Clock): EngineClock {
  if (typeof (clock as Partial<EngineClock>).recent === 'function') return clock as EngineClock;
  return {
    now: () => clock.now(),
    recent: () => clock.now(),
    wallTime: () => clock.wallTime(),
    after: (ms, task) => clock.after(ms, task),
    defer: (task) => clock.defer(task),
  };
}

/** Good enough to spread expiries; nothing here must be unguessable. */
export const systemRandom: Random = () => Math.random();
