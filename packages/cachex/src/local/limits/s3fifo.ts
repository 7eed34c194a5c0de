import { Ghosts } from './ghosts.ts';
import type { Policy, Resident } from './policy.ts';
import { TwoQueues } from './two-queues.ts';

/** The part of all weight that the small queue is given. */
const smallShare = 0.1;
/** How many entries evicted from the small queue are remembered, for each entry that is there. */
const ghostShare = 0.9;
/** How often an entry must be used in the small queue to be promoted. */
const usesForMain = 2;
/** Where so many entries in a row are in use, the next one goes although it is. */
const mostExamined = 256;

/**
 * S3-FIFO with the constants of its paper. New entries pass through the small queue; what was used twice there is promoted, and
 * what is evicted from there and comes back soon goes straight to the main queue, where an entry stays for as many
 * rounds as it was used.
 *
 * Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023.
 */
export class S3Fifo implements Policy {
  readonly countsInMarks = true;
  readonly #resident: Resident;
  readonly #queues: TwoQueues;
  readonly #ghosts = new Ghosts(0);

  constructor(resident: Resident) {
    this.#resident = resident;
    this.#queues = new TwoQueues(resident);
  }

  grow(slots: number): void {
    this.#queues.grow(slots);
  }

  added(slot: number): void {
    if (this.#ghosts.recall(this.#resident.hashOf(slot)) >= 0) this.#queues.addToMain(slot);
    else this.#queues.addToSmall(slot);
  }

  used(slot: number): void {
    this.#queues.use(slot);
  }

  written(slot: number, change: number): void {
    this.#queues.use(slot);
    if (change !== 0) this.#queues.reweigh(slot, change);
  }

  removed(slot: number): void {
    this.#queues.remove(slot);
  }

  evict(): number {
    const queues = this.#queues;
    const { small, main, length: entries } = queues;
    const smallMost = smallShare * (queues.smallWeight + queues.mainWeight);
    for (let examined = 0; ; examined += 1) {
      if (main.length === 0 || (small.length > 0 && queues.smallWeight >= smallMost)) {
        const slot = small.oldest;
        if (queues.usesOf(slot) < usesForMain || examined >= mostExamined) {
          queues.removeOldestOfSmall();
          this.#ghosts.remember(this.#resident.hashOf(slot), ghostShare * entries);
          return slot;
        }
        queues.promote(slot);
      } else {
        const slot = main.oldest;
        const uses = queues.usesOf(slot);
        if (uses === 0 || examined >= mostExamined) {
          queues.removeOldestOfMain();
          return slot;
        }
        queues.again(slot, uses - 1);
      }
    }
  }

  clear(): void {
    this.#queues.clear();
    this.#ghosts.clear();
  }
}
