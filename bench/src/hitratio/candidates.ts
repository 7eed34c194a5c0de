import type { Drivable, Driven } from './drive.ts';

/** What a relative of S3-FIFO can be given. The default is what `adaptive` does, with memories that are exact. */
export interface Design {
  /** The share of the small queue at first. */
  readonly share?: number;
  /** How the share changes: not at all, by what a little more room would have kept, by all that is remembered, by hits a slot. */
  readonly adapts?: 'never' | 'by margin' | 'by ghosts' | 'by density';
  readonly least?: number;
  readonly most?: number;
  readonly margin?: number;
  readonly stepForSmall?: number;
  readonly stepForMain?: number;
  /** How many evicted entries are remembered for each that is there, of the small queue and of the main one. */
  readonly ghosts?: readonly [small: number, main: number];
  /** How often an entry must be used in the small queue to be promoted. */
  readonly promoteAt?: number;
  /** Whether what was used, but not as often, passes through the small queue again. */
  readonly lap?: boolean;
  /** Whether candidates wait for room in the main queue, rather than driving out what has fewer uses left. */
  readonly wait?: boolean;
  readonly mostUses?: number;
}

const adaptive: Required<Design> = {
  share: 0.2,
  adapts: 'by margin',
  least: 0.05,
  most: 0.95,
  margin: 0.25,
  stepForSmall: 2,
  stepForMain: 3,
  ghosts: [2, 0.25],
  promoteAt: 3,
  lap: true,
  wait: true,
  mostUses: 3,
};

const small = 0;
const main = 1;
type Queue = typeof small | typeof main;

/** A policy of such a design: plain rather than fast. */
export function candidate(design: Design): Drivable {
  return (idOf, capacity, universe) => new Candidate({ ...adaptive, ...design }, idOf, capacity, universe);
}

class Candidate implements Driven {
  readonly #design: Required<Design>;
  readonly #idOf: Uint32Array;
  readonly #capacity: number;
  readonly #uses: Uint8Array;
  readonly #queue: Uint8Array;
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  readonly #length: [number, number] = [0, 0];
  /** Of each key, the queue that it was evicted from and how many that one had evicted by then. */
  readonly #evictedFrom: Uint8Array;
  readonly #evictedAt: Float64Array;
  readonly #evictions: [number, number] = [0, 0];
  /** Since the share was last looked at: hits and returns in each queue, and accesses. */
  readonly #hits: [number, number] = [0, 0];
  #accesses = 0;
  #share: number;
  #waiting = false;

  constructor(design: Required<Design>, idOf: Uint32Array, capacity: number, universe: number) {
    this.#design = design;
    this.#idOf = idOf;
    this.#capacity = capacity;
    this.#share = design.share;
    this.#uses = new Uint8Array(capacity);
    this.#queue = new Uint8Array(capacity);
    // The two slots past the end are the heads of the queues.
    this.#newer = Int32Array.from({ length: capacity + 2 }, (_, slot) => slot);
    this.#older = this.#newer.slice();
    this.#evictedFrom = new Uint8Array(universe);
    this.#evictedAt = new Float64Array(universe).fill(Number.NEGATIVE_INFINITY);
  }

  used(slot: number): void {
    if (this.#uses[slot]! < this.#design.mostUses) this.#uses[slot]! += 1;
    this.#hits[this.#queue[slot] as Queue] += 1;
    this.#adaptByDensity();
  }

  added(slot: number): void {
    this.#adaptByDensity();
    const id = this.#idOf[slot]!;
    const from = this.#evictedFrom[id] as Queue;
    const since = this.#evictions[from] - this.#evictedAt[id]!;
    this.#uses[slot] = 0;
    if (since > this.#design.ghosts[from] * this.#capacity) {
      this.#add(slot, small);
      return;
    }
    this.#evictedAt[id] = Number.NEGATIVE_INFINITY;
    this.#moveBorder(from, since);
    const waits = this.#design.wait && this.#length[main] >= this.#mainMost();
    if (waits) {
      this.#waiting = true;
      this.#uses[slot] = 1;
    }
    this.#add(slot, waits ? small : main);
  }

  evict(): number {
    const { wait, lap, promoteAt } = this.#design;
    const mainMost = this.#mainMost();
    if (
      this.#waiting &&
      this.#length[small] > 0 &&
      this.#length[main] > 0 &&
      this.#length[main] <= mainMost
    ) {
      this.#waiting = false;
      const slot = this.#oldest(main);
      if (this.#uses[slot] === 0) return this.#evict(slot);
      this.#uses[slot]! -= 1;
      this.#move(slot, main);
    }
    for (;;) {
      const fromSmall =
        this.#length[main] === 0 || (this.#length[small] > 0 && this.#length[main] <= mainMost);
      const slot = this.#oldest(fromSmall ? small : main);
      const uses = this.#uses[slot]!;
      if (!fromSmall) {
        if (uses === 0) return this.#evict(slot);
        this.#uses[slot] = uses - 1;
        this.#move(slot, main);
        continue;
      }
      if (uses < promoteAt && !(lap && uses > 0)) return this.#evict(slot);
      this.#uses[slot] = 0;
      const promoted = uses >= promoteAt && (!wait || this.#length[main] < mainMost);
      if (uses >= promoteAt && !promoted) this.#waiting = true;
      this.#move(slot, promoted ? main : small);
    }
  }

  /** Where candidates do not wait, the main queue is over its share by the one that drives another out. */
  #mainMost(): number {
    const most = Math.floor((1 - this.#share) * this.#capacity + 1e-6);
    return this.#design.wait ? most : Math.min(most, this.#capacity - 1);
  }

  #moveBorder(queue: Queue, since: number): void {
    const { adapts, margin, stepForSmall, stepForMain } = this.#design;
    if (adapts === 'by margin' && since > Math.max(1, margin * this.#capacity)) return;
    if (adapts !== 'by margin' && adapts !== 'by ghosts') return;
    this.#setShare(this.#share + (queue === small ? stepForSmall : -stepForMain) / this.#capacity);
  }

  /** Every twice the capacity accesses, by the logarithm of the ratio of hits per slot, at most 0.3. */
  #adaptByDensity(): void {
    if (this.#design.adapts !== 'by density') return;
    this.#accesses += 1;
    if (this.#accesses < 2 * this.#capacity) return;
    const density = (queue: Queue): number => (this.#hits[queue] + 0.5) / (this.#length[queue] + 0.5);
    const step = 0.15 * Math.log(density(small) / density(main));
    this.#setShare(this.#share + Math.max(-0.3, Math.min(0.3, step)));
    this.#hits.fill(0);
    this.#accesses = 0;
  }

  #setShare(share: number): void {
    this.#share = Math.max(this.#design.least, Math.min(this.#design.most, share));
  }

  #evict(slot: number): number {
    const queue = this.#queue[slot] as Queue;
    const id = this.#idOf[slot]!;
    this.#remove(slot);
    this.#evictedFrom[id] = queue;
    this.#evictedAt[id] = this.#evictions[queue];
    this.#evictions[queue] += 1;
    return slot;
  }

  #oldest(queue: Queue): number {
    return this.#newer[this.#capacity + queue]!;
  }

  #move(slot: number, queue: Queue): void {
    this.#remove(slot);
    this.#add(slot, queue);
  }

  #add(slot: number, queue: Queue): void {
    const head = this.#capacity + queue;
    const newest = this.#older[head]!;
    this.#older[slot] = newest;
    this.#newer[slot] = head;
    this.#newer[newest] = slot;
    this.#older[head] = slot;
    this.#queue[slot] = queue;
    this.#length[queue] += 1;
  }

  #remove(slot: number): void {
    this.#newer[this.#older[slot]!] = this.#newer[slot]!;
    this.#older[this.#newer[slot]!] = this.#older[slot]!;
    this.#length[this.#queue[slot] as Queue] -= 1;
  }
}
