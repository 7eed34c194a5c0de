import type { Clock, Timer } from '@cachex/router';

interface Pending extends Timer {
  readonly at: number;
  readonly task: () => void;
}

/** Time that moves only when told to. */
export class ManualClock implements Clock {
  /** How often the time was asked for. */
  reads = 0;
  /** How much later it is each time the time is asked for: work that takes time. */
  costOfRead = 0;
  readonly #timers = new Set<Pending>();
  #deferred: (() => void)[] = [];
  #now = 1_000;

  now(): number {
    this.reads += 1;
    this.#now += this.costOfRead;
    return this.#now;
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.#now;
  }

  after(ms: number, task: () => void): Timer {
    const timer: Pending = { at: this.#now + ms, task, cancel: () => void this.#timers.delete(timer) };
    this.#timers.add(timer);
    return timer;
  }

  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.size;
  }

  /** How many tasks were deferred. */
  get deferred(): number {
    return this.#deferred.length;
  }

  /** Moves time on, running the timers that come due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Runs what is deferred now, but not what that defers in turn. */
  turn(): void {
    const tasks = this.#deferred;
    this.#deferred = [];
    for (const task of tasks) task();
  }
}
