import { Ghosts } from './ghosts.ts';
import { mostUses, type Policy, type Resident } from './policy.ts';
import { TwoQueues } from './two-queues.ts';

/** The share of the small queue at first, and the least and the most that it comes to. */
const firstShare = 0.2;
const leastShare = 0.05;
const mostShare = 0.95;

/** How many entries evicted from the small queue are remembered, for each entry that is there. */
const ghostShare = 2;

/** By which part of the cache a queue is thought longer when it is asked what that would gain; so many of its evicted are looked at. */
const margin = 0.25;

/** When an entry was evicted decides whether its return counts: a few bits of the time. */
const timeBits = 3;

/**
 * By how many entries the border moves for one return to the small or to the main queue. Those to main weigh more because
 * fewer are left to return: what has come back is no longer among the evicted.
 */
const stepForSmall = 2;
const stepForMain = 3;

/** Where so many entries in a row are in use, the next one goes although it is. */
const mostExamined = 128;

/** Weights are added up in another order than they are compared in: sums of fractions differ by less than this. */
const rounding = 1e-6;

/**
 * The default: S3-FIFO in which the border between the queues finds its place, and whose main queue cannot be flooded.
 *
 * - **The border.** An entry that comes back soon after it was evicted would have been found, had its queue been a little
 *   longer. Both queues are judged by the same little, and each such return moves the border in favour of that queue; so
 *   it comes to rest where both would gain the same by more room. ARC (Megiddo and Modha, FAST 2003) moves its border
 *   by everything it remembers; only what a little more room would have kept says which way is up.
 * - **A second lap.** What was used in the small queue passes through it again instead of being lost (as in a clock);
 *   only what was used as often as is counted is promoted.
 * - **Candidates wait.** What comes back, and what is promoted, gets into the main queue while there is room. Where there is
 *   none, it stays in the small one, and with the next eviction the main queue examines one entry of its own: a candidate gets
 *   in at the cost of what was not used, never by wearing out what is. On loops longer than the cache, S3-FIFO and ARC
 *   lose everything by that.
 *
 * What was tried and lost is in `docs/eviction.md`.
 */
export class Adaptive implements Policy {
  readonly countsInMarks = true;
  readonly #resident: Resident;
  readonly #queues: TwoQueues;
  readonly #fromSmall = new Ghosts(timeBits);
  readonly #fromMain = new Ghosts(timeBits);
  #share = firstShare;
  /** Whether a candidate found no room in the main queue since that was last examined for one. */
  #waiting = false;

  constructor(resident: Resident) {
    this.#resident = resident;
    this.#queues = new TwoQueues(resident);
  }

  /** Which part of all weight is the small queue's. */
  get share(): number {
    return this.#share;
  }

  grow(slots: number): void {
    this.#queues.grow(slots);
  }

  added(slot: number): void {
    const queues = this.#queues;
    if (!this.#comesBack(this.#resident.hashOf(slot))) {
      queues.addToSmall(slot);
      return;
    }
    const weight = this.#resident.weightOf(slot);
    if (queues.mainWeight + weight <= this.#mainMost(weight)) queues.addToMain(slot);
    else {
      this.#waiting = true;
      queues.addToSmall(slot, 1);
    }
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
    const { small, main } = queues;
    const mainMost = this.#mainMost(0);
    if (this.#waiting && small.length > 0 && main.length > 0 && queues.mainWeight <= mainMost) {
      this.#waiting = false;
      const slot = main.oldest;
      const uses = queues.usesOf(slot);
      if (uses === 0) return this.#evictFromMain(slot);
      queues.again(slot, uses - 1);
    }
    for (let examined = 0; ; examined += 1) {
      if (main.length === 0 || (small.length > 0 && queues.mainWeight <= mainMost)) {
        const slot = small.oldest;
        const uses = queues.usesOf(slot);
        if (uses === 0 || examined >= mostExamined) return this.#evictFromSmall(slot);
        const enough = uses === mostUses;
        if (enough && queues.mainWeight + this.#resident.weightOf(slot) <= mainMost) queues.promote(slot);
        else {
          if (enough) this.#waiting = true;
          queues.again(slot, 0);
        }
      } else {
        const slot = main.oldest;
        const uses = queues.usesOf(slot);
        if (uses === 0 || examined >= mostExamined) return this.#evictFromMain(slot);
        queues.again(slot, uses - 1);
      }
    }
  }

  clear(): void {
    this.#queues.clear();
    this.#fromSmall.clear();
    this.#fromMain.clear();
    this.#share = firstShare;
    this.#waiting = false;
  }

  /** What the main queue may weigh, where `more` is about to be added. */
  #mainMost(more: number): number {
    return (1 - this.#share) * (this.#queues.smallWeight + this.#queues.mainWeight + more) + rounding;
  }

  #evictFromSmall(slot: number): number {
    this.#fromSmall.remember(this.#resident.hashOf(slot), ghostShare * this.#queues.length);
    this.#queues.removeOldestOfSmall();
    return slot;
  }

  #evictFromMain(slot: number): number {
    this.#fromMain.remember(this.#resident.hashOf(slot), margin * this.#queues.length);
    this.#queues.removeOldestOfMain();
    return slot;
  }

  /** Whether an entry was there not long ago; moves the border if it would still be, had its queue been a little longer. */
  #comesBack(hash: number): boolean {
    const entries = this.#queues.length + 1;
    let evictedSince = this.#fromSmall.recall(hash);
    if (evictedSince >= 0) {
      if (evictedSince < margin * entries)
        this.#share = Math.min(mostShare, this.#share + stepForSmall / entries);
      return true;
    }
    evictedSince = this.#fromMain.recall(hash);
    if (evictedSince < 0) return false;
    if (evictedSince < margin * entries)
      this.#share = Math.max(leastShare, this.#share - stepForMain / entries);
    return true;
  }
}
