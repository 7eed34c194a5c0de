import { Column, int32 } from './columns.ts';

/** Which slots belong to which partition: a doubly linked list for each, so that one is walked without looking at the rest. */
export class PartitionLists {
  /** One more than a slot; 0 for none. */
  readonly #first: Int32Array;
  readonly #counts: Int32Array;
  readonly #next = new Column(int32);
  readonly #previous = new Column(int32);

  constructor(partitions: number) {
    this.#first = new Int32Array(partitions);
    this.#counts = new Int32Array(partitions);
  }

  grow(slots: number): void {
    this.#next.grow(slots);
    this.#previous.grow(slots);
  }

  count(partition: number): number {
    return this.#counts[partition]!;
  }

  /** The slot that was added last, or -1. */
  first(partition: number): number {
    return this.#first[partition]! - 1;
  }

  /** The one that was added before, or -1. */
  next(slot: number): number {
    return this.#next.get(slot) - 1;
  }

  add(partition: number, slot: number): void {
    const first = this.#first[partition]!;
    this.#next.set(slot, first);
    this.#previous.set(slot, 0);
    if (first !== 0) this.#previous.set(first - 1, slot + 1);
    this.#first[partition] = slot + 1;
    this.#counts[partition]! += 1;
  }

  remove(partition: number, slot: number): void {
    const next = this.#next.get(slot);
    const previous = this.#previous.get(slot);
    if (next !== 0) this.#previous.set(next - 1, previous);
    if (previous !== 0) this.#next.set(previous - 1, next);
    else this.#first[partition] = next;
    this.#counts[partition]! -= 1;
  }

  clear(): void {
    this.#first.fill(0);
    this.#counts.fill(0);
    this.#next.clear();
    this.#previous.clear();
  }

  /** The bytes that they take for the slots there are. */
  get bytes(): number {
    return this.#next.bytes + this.#previous.bytes;
  }
}
