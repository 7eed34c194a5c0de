import type { Clock } from '@cachex/router';
import { isPromise } from '../promise.ts';

export interface HookQueueSettings {
  readonly clock: Clock;
  /** How long one piece of work may take before the next one begins, in ms. */
  readonly timeout: number;
  /** How many may wait. */
  readonly bound: number;
  error(error: unknown): void;
  /** What to report when work takes too long. */
  late(): Error;
  /** What to report when the queue is full; once, until it has been empty again. */
  full(): Error;
}

/**
 * Work for one asynchronous hook: one piece after the other, each when the one before it has ended or taken too long.
 * Never more than `bound` of them wait: what comes then is dropped, because the calls that it tells of must not wait.
 */
export class HookQueue {
  readonly #settings: HookQueueSettings;
  #work: (() => unknown)[] = [];
  /** Where in `#work` the next piece is; those before it are done. */
  #next = 0;
  #draining = false;
  #overflowing = false;
  #closed = false;
  #release: (() => void) | undefined;
  dropped = 0;

  constructor(settings: HookQueueSettings) {
    this.#settings = settings;
  }

  get waiting(): number {
    return this.#work.length - this.#next;
  }

  /** `always`: whatever the number that waits. */
  add(work: () => unknown, always = false): void {
    if (this.#closed) return;
    if (this.waiting >= this.#settings.bound && !always) {
      this.dropped += 1;
      if (!this.#overflowing) this.#settings.error(this.#settings.full());
      this.#overflowing = true;
      return;
    }
    this.#work.push(work);
    if (this.#draining) return;
    this.#draining = true;
    queueMicrotask(() => void this.#drain());
  }

  /** Lets go of what waits; what runs is not waited for. */
  close(): void {
    this.#closed = true;
    this.#work = [];
    this.#next = 0;
    this.#release?.();
  }

  async #drain(): Promise<void> {
    for (let work = this.#take(); work !== undefined; work = this.#take()) await this.#run(work);
    this.#draining = false;
    this.#overflowing = false;
  }

  #take(): (() => unknown) | undefined {
    const work = this.#work[this.#next];
    this.#next += 1;
    if (this.#next * 2 > this.#work.length) {
      this.#work = this.#work.slice(this.#next);
      this.#next = 0;
    }
    return work;
  }

  /** `undefined` if it has ended at once. */
  #run(work: () => unknown): Promise<void> | undefined {
    const { clock, timeout, error, late } = this.#settings;
    let answer: unknown;
    try {
      answer = work();
    } catch (failure) {
      error(failure);
      return undefined;
    }
    if (!isPromise(answer)) return undefined;
    return new Promise((resolve) => {
      const release = (): void => {
        timer.cancel();
        resolve();
      };
      const timer = clock.after(timeout, () => {
        error(late());
        release();
      });
      this.#release = release;
      (answer as PromiseLike<unknown>).then(release, (failure: unknown) => {
        error(failure);
        release();
      });
    });
  }
}
