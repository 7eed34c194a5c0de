import { Column, chunkBits, chunkMask, int32 } from '../columns.ts';

const none = -1;

/** The two links of every slot. A slot is in one list at a time, so that all lists of a policy share them. */
export class Links {
  readonly newer: Column<Int32Array> = new Column(int32);
  readonly older: Column<Int32Array> = new Column(int32);

  grow(slots: number): void {
    this.newer.grow(slots);
    this.older.grow(slots);
  }

  clear(): void {
    this.newer.clear();
    this.older.clear();
  }
}

/** A doubly linked list of slots, in the order in which they were added. */
export class SlotList {
  readonly #newer: Int32Array[];
  readonly #older: Int32Array[];
  #newest = none;
  #oldest = none;
  #length = 0;

  constructor(links: Links) {
    this.#newer = links.newer.chunks;
    this.#older = links.older.chunks;
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
    this.#older[slot >>> chunkBits]![slot & chunkMask] = newest;
    this.#newer[slot >>> chunkBits]![slot & chunkMask] = none;
    if (newest === none) this.#oldest = slot;
    else this.#newer[newest >>> chunkBits]![newest & chunkMask] = slot;
    this.#newest = slot;
    this.#length += 1;
  }

  /** Takes a slot out that is in this list. */
  remove(slot: number): void {
    const newer = this.#newer[slot >>> chunkBits]![slot & chunkMask]!;
    const older = this.#older[slot >>> chunkBits]![slot & chunkMask]!;
    if (newer === none) this.#newest = older;
    else this.#older[newer >>> chunkBits]![newer & chunkMask] = older;
    if (older === none) this.#oldest = newer;
    else this.#newer[older >>> chunkBits]![older & chunkMask] = newer;
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
