/** A set of partitions as bits, the form in which merged calls name them on the wire. */
export class PartitionSet implements Iterable<number> {
  readonly bits: Uint8Array;
  readonly #partitions: number;

  constructor(partitions: number, bits: Uint8Array = new Uint8Array(Math.ceil(partitions / 8))) {
    if (bits.length !== Math.ceil(partitions / 8)) throw new RangeError('a partition set of another size');
    this.bits = bits;
    this.#partitions = partitions;
  }

  static of(partitions: number, members: Iterable<number>): PartitionSet {
    const set = new PartitionSet(partitions);
    for (const partition of members) set.add(partition);
    return set;
  }

  get empty(): boolean {
    return this.bits.every((byte) => byte === 0);
  }

  add(partition: number): void {
    this.bits[partition >> 3]! |= 1 << (partition & 7);
  }

  delete(partition: number): void {
    this.bits[partition >> 3]! &= ~(1 << (partition & 7));
  }

  has(partition: number): boolean {
    return (this.bits[partition >> 3]! & (1 << (partition & 7))) !== 0;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      if (this.bits[partition >> 3] === 0) partition |= 7;
      else if (this.has(partition)) yield partition;
    }
  }
}
