import type { HeapGauge } from './heap.ts';
import type { Limits } from './limits.ts';

/** After how many more entries the heap is looked at. A look takes microseconds. */
const entriesBetweenLooks = 1_024;
/** How much below the share the heap must be, before a cache may grow again. */
const relief = 0.9;

/**
 * Keeps a cache small while the heap is full. What is used is known best right after a collection: if it is above the share
 * then, the cache shrinks by as much as that is too much. In between, where a loop may leave no time for that, a cache above
 * the share does not grow.
 */
export class HeapWatch {
  readonly #gauge: HeapGauge;
  readonly #share: number;
  readonly #limits: Limits;
  readonly #length: () => number;
  readonly #shrink: () => void;
  readonly #stop: () => void;
  #untilLook = entriesBetweenLooks;

  /** `share` is from 0 to 1; `shrink` is called when there is too much. */
  constructor(gauge: HeapGauge, share: number, limits: Limits, length: () => number, shrink: () => void) {
    this.#gauge = gauge;
    this.#share = share;
    this.#limits = limits;
    this.#length = length;
    this.#shrink = shrink;
    this.#stop = gauge.watch(() => this.#collected());
  }

  /** To be called for each entry that is added. */
  added(): void {
    this.#untilLook -= 1;
    if (this.#untilLook > 0) return;
    this.#untilLook = entriesBetweenLooks;
    if (this.#gauge.share() > this.#share) this.#limits.restrict(this.#length());
  }

  close(): void {
    this.#stop();
  }

  #collected(): void {
    const share = this.#gauge.share();
    if (share > this.#share) {
      this.#limits.restrict(Math.max(1, Math.floor((this.#length() * this.#share) / share)));
      this.#shrink();
    } else if (share < this.#share * relief) this.#limits.restrict(Number.POSITIVE_INFINITY);
  }
}
