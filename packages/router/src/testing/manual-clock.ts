import type { Clock, Timer } from '../clock.ts';

interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * Time that stands still until it is told to go on. Everything that waits for a timer, a delivery of the in-process
 * network or a deferred task happens in one order, the order of its time and, at the same time, of its request: the same
 * run gives the same order again.
 */
export class ManualClock implements Clock {
  #now = 0;
  #wallOffset = Date.UTC(2026, 0, 1);
  #order = 0;
  /** Sorted by time, then by order. */
  #tasks: Task[] = [];
  #steps = 0;
  /**
   * Told of each task that has run, with the promises that it settled, by its number. What it does happens between two
   * tasks: a test that crashes a host at every step of a scenario misses no state that the host can be in.
   */
  onStep: ((step: number) => void) | undefined;

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#wallOffset + this.#now;
  }

  after(ms: number, run: () => void): Timer {
    return this.#add(this.#now + Math.max(0, ms), run);
  }

  defer(run: () => void): void {
    this.#add(this.#now, run);
  }

  /** Moves the wall clock alone, as an administrator would. */
  stepWallTime(ms: number): void {
    this.#wallOffset += ms;
  }

  /** How many tasks have run. */
  get steps(): number {
    return this.#steps;
  }

  /** How many tasks wait. */
  get waiting(): number {
    return this.#tasks.filter(({ cancelled }) => !cancelled).length;
  }

  /** Lets `ms` pass, running all that falls due, with promises settled in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    while (this.#tasks[0] !== undefined && this.#tasks[0].at <= until) await this.#step();
    this.#now = until;
  }

  /**
   * Lets as much time pass as `work` takes, and answers with its result. Throws when nothing waits any more, or
   * after `limit` ms of this clock: `work` would never end.
   */
  async run<T>(work: T | Promise<T>, limit = 600_000): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    Promise.resolve(work).then(
      (value) => {
        outcome = { value };
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    const until = this.#now + limit;
    await settled();
    while (outcome === undefined) {
      const next = this.#tasks[0];
      if (next === undefined) throw new Error('the work waits for something that will never happen');
      if (next.at > until) throw new Error(`the work did not end within ${limit} ms of the manual clock`);
      await this.#step();
    }
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  async #step(): Promise<void> {
    const task = this.#tasks.shift()!;
    this.#now = Math.max(this.#now, task.at);
    if (task.cancelled) return;
    task.run();
    await settled();
    this.#steps += 1;
    if (this.onStep === undefined) return;
    this.onStep(this.#steps);
    await settled();
  }

  #add(at: number, run: () => void): Timer {
    this.#order += 1;
    const task: Task = { at, order: this.#order, run, cancelled: false };
    let low = 0;
    let high = this.#tasks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tasks[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    this.#tasks.splice(low, 0, task);
    return {
      cancel: () => {
        task.cancelled = true;
      },
    };
  }
}

/** Resolves when all promises that can settle without time passing have done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
