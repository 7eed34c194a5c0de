import type { Clock } from '@cachex/router';

/** How long a slice may hold the thread, and after how many entries it looks at the clock. */
const sliceMs = 1;
const entriesBetweenLooks = 32;

/** Removes what is too much, a little at a time, where it did not come one by one: partitions were taken over, or memory is scarce. */
export class Trimmer {
  readonly #clock: Clock;
  readonly #trim: () => boolean;
  #running = false;
  #closed = false;

  /** `trim` removes one entry, and answers whether there may be more to remove. */
  constructor(clock: Clock, trim: () => boolean) {
    this.#clock = clock;
    this.#trim = trim;
  }

  get running(): boolean {
    return this.#running;
  }

  start(): void {
    if (this.#running || this.#closed) return;
    this.#running = true;
    this.#clock.defer(() => this.#slice());
  }

  close(): void {
    this.#closed = true;
  }

  #slice(): void {
    const until = this.#clock.now() + sliceMs;
    do {
      for (let n = 0; n < entriesBetweenLooks; n += 1) {
        if (!this.#closed && this.#trim()) continue;
        this.#running = false;
        return;
      }
    } while (this.#clock.now() < until);
    this.#clock.defer(() => this.#slice());
  }
}
