/**
 * Slots are dealt out in chunks of 16,384: no array is ever so long that making it, or moving its contents into a longer
 * one, holds the thread up. One array for all was measured as fast to read, and stalled for 20 ms and more as it grew.
 */
export const chunkBits: number = 14;
export const chunkSlots: number = 1 << chunkBits;
export const chunkMask: number = chunkSlots - 1;

type Numbers = Int32Array | Uint32Array | Float64Array | Uint8Array;

/**
 * One number for every slot. Where every nanosecond counts, `chunks` is read directly, so that the site sees arrays of one
 * type only; `get` and `set` are shared by all types.
 */
export class Column<A extends Numbers> {
  readonly chunks: A[] = [];
  readonly #create: (length: number) => A;
  #slots = 0;

  constructor(create: (length: number) => A) {
    this.#create = create;
  }

  get(slot: number): number {
    return this.chunks[slot >>> chunkBits]![slot & chunkMask]!;
  }

  set(slot: number, value: number): void {
    this.chunks[slot >>> chunkBits]![slot & chunkMask] = value;
  }

  /** Makes room for slots below `slots`: what `slotsFor` answers. New numbers are 0. */
  grow(slots: number): void {
    if (slots <= this.#slots) return;
    const first = this.chunks[0];
    if (first !== undefined && first.length < chunkSlots) {
      const longer = this.#create(Math.min(slots, chunkSlots));
      longer.set(first as never);
      this.chunks[0] = longer;
    }
    while (this.chunks.length << chunkBits < slots)
      this.chunks.push(this.#create(Math.min(slots, chunkSlots)));
    this.#slots = slots;
  }

  /** The bytes it takes. */
  get bytes(): number {
    return this.chunks.reduce((total, chunk) => total + chunk.byteLength, 0);
  }

  /** Lets go of everything. */
  clear(): void {
    this.chunks.length = 0;
    this.#slots = 0;
  }
}

/** How many slots there are after one more was needed than `slots`: twice as many, and from the first full chunk on a chunk more. */
export function slotsFor(slots: number): number {
  if (slots === 0) return 16;
  return slots < chunkSlots ? slots * 2 : slots + chunkSlots;
}

export const int32 = (length: number): Int32Array => new Int32Array(length);
export const uint32 = (length: number): Uint32Array => new Uint32Array(length);
export const float64 = (length: number): Float64Array => new Float64Array(length);
export const uint8 = (length: number): Uint8Array => new Uint8Array(length);
