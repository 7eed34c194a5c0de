import { Column, int32, slotsFor } from '../../../src/local/columns.ts';
import type { Policy, PolicyFactory, Resident } from '../../../src/local/limits/policy.ts';

/** What an engine is to a policy: entries in slots, which are dealt out again once they are free. */
export class Residents implements Resident {
  readonly marks = new Column(int32);
  readonly policy: Policy;
  /** The slot of each entry that is there, by its hash, in the order in which they were added. */
  readonly slots = new Map<number, number>();
  readonly #hashes: number[] = [];
  readonly #weights: number[] = [];
  readonly #free: number[] = [];
  #room = 0;

  constructor(create: PolicyFactory) {
    this.policy = create(this);
  }

  hashOf(slot: number): number {
    return this.#hashes[slot]!;
  }

  weightOf(slot: number): number {
    return this.#weights[slot]!;
  }

  has(hash: number): boolean {
    return this.slots.has(hash);
  }

  /** The hash of the n-th entry, counted round and round. */
  at(n: number): number | undefined {
    return [...this.slots.keys()][n % this.slots.size];
  }

  add(hash: number, weight = 1): void {
    const slot = this.#free.pop() ?? this.slots.size;
    if (slot >= this.#room) {
      this.#room = slotsFor(this.#room);
      this.marks.grow(this.#room);
      this.policy.grow(this.#room);
    }
    this.#hashes[slot] = hash;
    this.#weights[slot] = weight;
    this.slots.set(hash, slot);
    // What is not the policy's, it must leave alone.
    this.marks.set(slot, hash << 8);
    this.policy.added(slot);
  }

  use(hash: number): void {
    this.policy.used(this.slots.get(hash)!);
  }

  write(hash: number, weight = 1): void {
    const slot = this.slots.get(hash)!;
    const change = weight - this.#weights[slot]!;
    this.#weights[slot] = weight;
    this.policy.written(slot, change);
  }

  remove(hash: number): void {
    const slot = this.slots.get(hash)!;
    this.policy.removed(slot);
    this.slots.delete(hash);
    this.#free.push(slot);
  }

  /** Evicts, and answers the hash of what was evicted; throws if that was not there. */
  evict(): number {
    const slot = this.policy.evict();
    const hash = this.#hashes[slot];
    if (hash === undefined || this.slots.get(hash) !== slot) throw new Error(`slot ${slot} is free`);
    if (this.marks.get(slot) >> 8 !== (hash << 8) >> 8)
      throw new Error(`the mark of slot ${slot} was changed`);
    this.slots.delete(hash);
    this.#free.push(slot);
    return hash;
  }

  clear(): void {
    this.policy.clear();
    this.slots.clear();
    this.#free.length = 0;
    this.#room = 0;
    this.marks.clear();
  }
}

/** A use of each, and an addition of what is not there, with never more than `capacity`: answers the share of hits. */
export function hitRatio(create: PolicyFactory, capacity: number, accesses: Iterable<number>): number {
  const residents = new Residents(create);
  let hits = 0;
  let count = 0;
  for (const hash of accesses) {
    count += 1;
    if (residents.has(hash)) {
      hits += 1;
      residents.use(hash);
      continue;
    }
    if (residents.slots.size === capacity) residents.evict();
    residents.add(hash);
  }
  return hits / count;
}
