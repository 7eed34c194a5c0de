import type { Clock, Timer } from '@cachex/router';

/** How long the owner of a key waits for word of a load that runs at a caller, unless the cache says otherwise, in ms. */
export const defaultLoadLease = 10_000;

/** What a load that runs at a caller holds at the owner of its key: unless it is renewed in time, the load is given up. */
export class LoadLease {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #until: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, ms: number, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
    this.#until = clock.now() + ms;
    this.#wait();
  }

  /** How much of it is left, in ms. */
  get remaining(): number {
    return Math.max(0, this.#until - this.#clock.now());
  }

  /** It lasts so long from now. */
  renew(ms: number): void {
    this.#until = this.#clock.now() + ms;
    this.#timer?.cancel();
    this.#wait();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = this.#clock.after(this.remaining, this.#expired);
  }
}
