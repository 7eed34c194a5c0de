import type { Clock } from './clock.ts';

/** Lets no more than so many bytes pass in a second, over all who share it. */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  #freeAt = 0;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** How long whoever has sent so many bytes must wait before the next, in ms. */
  pass(bytes: number): number {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return 0;
    const now = this.#clock.now();
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes * 1000) / this.#bytesPerSecond;
    return this.#freeAt - now;
  }
}
