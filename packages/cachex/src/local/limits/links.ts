import { chunkBits, chunkMask, chunkSlots } from '../columns.ts';

const none = -1;

/**
 * The two links of every slot, newer and older, side by side: who needs one mostly needs the other. A slot is in one list at a
 * time, so that all lists of a policy share them.
 */
export class Links {
  /** Two numbers for each slot; by chunks of as many slots as everywhere. */
  readonly chunks: Int32Array[] = [];
  #slots = 0;

  grow(slots: number): void {
    if (slots <= this.#slots) return;
    const first = this.chunks[0];
    if (first !== undefined && first.length < 2 * chunkSlots) {
      const longer = new Int32Array(2 * Math.min(slots, chunkSlots));
      longer.set(first);
      this.chunks[0] = longer;
    }
    while (this.chunks.length << chunkBits < slots)
      this.chunks.push(new Int32Array(2 * Math.min(slots, chunkSlots)));
    this.#slots = slots;
  }

  clear(): void {
    this.chunks.length = 0;
    this.#slots = 0;
  }
}

/** A doubly linked list of slots, in the order in which they were added. */
export class SlotList {
  /** Of each slot the newer one, and after that the older one. */
  readonly #links: readonly Int32Array[];
  #newest = none;
  #oldest = none;
  #length = 0;

  constructor(links: Links) {
    this.#links = links.chunks;
  }

  get length(): number {
    return this.#length;
  }

  /** The slot added first, or -1. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Adds a slot that is in no list, as the newest. */
  add(slot: number): void {
    const newest = this.#newest;
    const links = this.#links[slot >>> chunkBits]!;
    const at = (slot & chunkMask) << 1;
    links[at] = none;
    links[at + 1] = newest;
    if (newest === none) this.#oldest = slot;
    else this.#links[newest >>> chunkBits]![(newest & chunkMask) << 1] = slot;
    this.#newest = slot;
    this.#length += 1;
  }

  /** Takes a slot out that is in this list. */
  remove(slot: number): void {
    const links = this.#links[slot >>> chunkBits]!;
    const at = (slot & chunkMask) << 1;
    const newer = links[at]!;
    const older = links[at + 1]!;
    if (newer === none) this.#newest = older;
    else this.#links[newer >>> chunkBits]![((newer & chunkMask) << 1) + 1] = older;
    if (older === none) this.#oldest = newer;
    else this.#links[older >>> chunkBits]![(older & chunkMask) << 1] = newer;
    this.#length -= 1;
  }

  /** Takes the oldest out. There must be one. */
  removeOldest(): void {
    const slot = this.#oldest;
    const newer = this.#links[slot >>> chunkBits]![(slot & chunkMask) << 1]!;
    this.#oldest = newer;
    if (newer === none) this.#newest = none;
    else this.#links[newer >>> chunkBits]![((newer & chunkMask) << 1) + 1] = none;
    this.#length -= 1;
  }

  /** Makes a slot of this list its newest. */
  renew(slot: number): void {
    if (slot === this.#newest) return;
    this.remove(slot);
    this.add(slot);
  }

  clear(): void {
    this.#newest = none;
    this.#oldest = none;
    this.#length = 0;
  }
}
