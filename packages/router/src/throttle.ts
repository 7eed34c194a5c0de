import type { Clock, Timer } from './clock.ts';

/** Lets no more than so many bytes pass in a second, over all who share it. */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  #freeAt = 0;
  #holders = 0;
  readonly #waiting = new Set<() => void>();

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

  /** Nothing that is to be moved passes until `release` was called as often: calls wait for what is done meanwhile. */
  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  get held(): boolean {
    return this.#holders > 0;
  }

  /** Calls `wake` once it is not held any more. */
  released(wake: () => void): Timer {
    this.#waiting.add(wake);
    return { cancel: () => this.#waiting.delete(wake) };
  }
}
