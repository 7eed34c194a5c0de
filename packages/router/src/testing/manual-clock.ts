import type { Clock, Timer } from '../clock.ts';

interface Task {
  readonly at: number;
  readonly order: number;
  /** Missing once it has run or is cancelled. */
  run: (() => void) | undefined;
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
  readonly #tasks = new Agenda();
  #steps = 0;
  /** A task has run of which `onStep` has not been told. */
  #toTell = false;
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
    return this.#tasks.size;
  }

  /** Lets `ms` pass, running all that falls due, with promises settled in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.#runWhile(() => (this.#tasks.first?.at ?? Number.POSITIVE_INFINITY) <= until);
    this.#now = Math.max(this.#now, until);
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
    await this.#runWhile(() => {
      if (outcome !== undefined) return false;
      const next = this.#tasks.first;
      if (next === undefined) throw new Error('the work waits for something that will never happen');
      if (next.at > until) throw new Error(`the work did not end within ${limit} ms of the manual clock`);
      return true;
    });
    if ('error' in outcome!) throw outcome.error;
    return outcome!.value;
  }

  /** Runs one task after the other while `more` says so. */
  #runWhile(more: () => boolean): Promise<void> {
    return eachSettled(() => {
      if (this.#toTell) {
        this.#toTell = false;
        this.onStep?.(this.#steps);
        return true;
      }
      if (!more()) return false;
      this.#step();
      return true;
    });
  }

  #step(): void {
    this.#now = Math.max(this.#now, this.#tasks.first!.at);
    this.#steps += 1;
    this.#tasks.take()();
    this.#toTell = this.onStep !== undefined;
  }

  #add(at: number, run: () => void): Timer {
    this.#order += 1;
    return this.#tasks.add({ at, order: this.#order, run });
  }
}

/** Tasks by their time, then by their order: a binary heap, where a cancelled one stays until it comes first. */
class Agenda {
  readonly #heap: Task[] = [];
  #cancelled = 0;

  /** How many tasks wait. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  get first(): Task | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) {
      this.#cancelled -= 1;
      this.#removeFirst();
    }
    return this.#heap[0];
  }

  add(task: Task): Timer {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (before(heap[parent]!, task)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = task;
    return {
      cancel: () => {
        if (task.run === undefined) return;
        task.run = undefined;
        this.#cancelled += 1;
      },
    };
  }

  /** Removes the first task, and returns what it does. */
  take(): () => void {
    const task = this.first!;
    const run = task.run!;
    task.run = undefined;
    this.#removeFirst();
    return run;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const { length } = heap;
    if (length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child + 1 < length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (child >= length || before(last, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function before(one: Task, other: Task): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Steps that are asked for at a time, at most. */
const mostSteps = 64;

/**
 * Takes one step after the other until one answers `false`, each when all promises that can settle without time passing
 * have done so. Node sees to that before every callback of `setImmediate`, also when several wait; so that they need not
 * wait for a turn of the event loop each, which costs more than ten times as much, it asks for more and more at a time.
 */
function eachSettled(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    const take = (): void => {
      if (over) return;
      try {
        over = !step();
        if (over) resolve();
      } catch (error) {
        over = true;
        reject(error);
      }
    };
    const turn = (steps: number): void => {
      take();
      if (over) return;
      for (let n = 1; n < steps; n += 1) setImmediate(take);
      setImmediate(turn, Math.min(2 * steps, mostSteps));
    };
    setImmediate(turn, 1);
  });
}
