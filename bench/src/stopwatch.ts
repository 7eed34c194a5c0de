import { threadTimes } from './thread-times.ts';

/** How much is measured. */
export interface StopwatchSettings {
  /** Operations of a batch: few enough that their keys fit into the cache of a core. */
  readonly most: number;
  /** Of one that is very slow; it also is the first batch, by which the size of the others is chosen. */
  readonly fewest: number;
  /** How long a batch should take at most, in ms. */
  readonly batch: number;
  readonly warmUp: Phase;
  readonly timed: Phase;
  readonly now: () => number;
  /** For how many ms this thread has waited for a processor so far. */
  readonly waited: () => number;
}

/** It ends when as many operations were done, or after so many ms, whichever is first. */
interface Phase {
  readonly operations: number;
  readonly ms: number;
}

const defaults: Omit<StopwatchSettings, 'waited'> = {
  ...{ most: 10_000, fewest: 100, batch: 10 },
  // Until the loops are compiled, and a policy has seen what it adapts to.
  warmUp: { operations: 80_000, ms: 40 },
  timed: { operations: 120_000, ms: 60 },
  now: () => performance.now(),
};

/** Times batches of operations: some to warm up, then those that count. */
export class Stopwatch {
  readonly #settings: StopwatchSettings;
  /** What was done in the phase that is on. */
  #done = { operations: 0, ms: 0 };
  #warm = false;
  #started = 0;
  #waited = 0;
  /** How many operations the next batch should have. */
  operations: number;

  constructor(settings: Partial<StopwatchSettings> = {}) {
    const times = threadTimes();
    this.#settings = { ...defaults, waited: () => times()?.waited ?? 0, ...settings };
    this.operations = this.#settings.fewest;
  }

  start(): void {
    this.#waited = this.#settings.waited();
    this.#started = this.#settings.now();
  }

  stop(operations: number): void {
    const { now, waited, fewest, most, batch, warmUp } = this.#settings;
    const took = now() - this.#started - (waited() - this.#waited);
    this.#done.operations += operations;
    this.#done.ms += took;
    const fitting = Math.floor((batch * operations) / Math.max(took, Number.EPSILON));
    this.operations = Math.min(most, Math.max(fewest, fitting));
    if (this.#warm || !this.#over(warmUp)) return;
    this.#warm = true;
    this.#done = { operations: 0, ms: 0 };
  }

  get done(): boolean {
    return this.#warm && this.#over(this.#settings.timed);
  }

  /** Of one operation. */
  get nanoseconds(): number {
    return (this.#done.ms * 1e6) / this.#done.operations;
  }

  #over({ operations, ms }: Phase): boolean {
    return this.#done.operations >= operations || this.#done.ms >= ms;
  }
}
