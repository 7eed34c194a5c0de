import type { Clock } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { CacheError } from '../../errors.ts';
import type { CheckedLimit } from '../limit-options.ts';
import { none, type Slot, type Store } from '../store.ts';
import type { ValueForm } from '../value-form.ts';
import type { HeapGauge } from './heap.ts';
import { HeapWatch } from './heap-watch.ts';
import { Limits } from './limits.ts';
import { estimateEntry, measuredBy } from './measure.ts';
import { Trimmer } from './trimmer.ts';

/** How often listeners may fill what was evicted for one call. */
const mostRefills = 16;

/** The engine whose entries must have room. */
export interface Tenant {
  readonly name: string;
  readonly clock: Clock;
  readonly store: Store;
  readonly values: ValueForm;
  /** Whether code of the user may run when something is evicted. */
  readonly heard: () => boolean;
  /** Removes what was chosen to make room, and tells of it. */
  readonly remove: (slot: Slot) => void;
  /** Throws once the engine is closed. */
  readonly refuseClosed: () => void;
  /** Told what could not be measured. */
  readonly failed: (error: unknown) => void;
}

/** Makes room for what is written, by removing what the policy thinks least of; a little at a time what is too much otherwise. */
export class Room {
  readonly limits: Limits;
  readonly #tenant: Tenant;
  readonly #trimmer: Trimmer;
  readonly #heap: HeapWatch | undefined;

  constructor(tenant: Tenant, { size, bytes, policy, sizeOf, heap }: CheckedLimit, gauge: HeapGauge) {
    const { store, values, clock } = tenant;
    this.#tenant = tenant;
    this.#trimmer = new Trimmer(clock, () => this.#trim());
    const measure =
      sizeOf === undefined
        ? (held: unknown, key: Key) => estimateEntry(values, held, key)
        : measuredBy(sizeOf, values);
    this.limits = new Limits(
      { size, bytes, policy, sizeOf: measure },
      { marks: store.marks, hashOf: (slot) => store.hash(slot) | 0 },
    );
    const shrink = (): void => this.#trimmer.start();
    this.#heap =
      heap === undefined ? undefined : new HeapWatch(gauge, heap, this.limits, () => store.length, shrink);
  }

  /**
   * Makes room for a value of that size, and answers the slot of its key: `none`, if it has none (any more). Somebody who is
   * told of an eviction may put the key, or remove it: then what is to be done is another.
   */
  makeFor(key: Key, hash: number, size: number): Slot {
    let slot = this.#tenant.store.find(key, hash);
    for (let turns = 0; ; turns += 1) {
      if (turns > mostRefills) throw this.#refilled();
      const found = slot;
      slot = found === none ? this.#makeForNew(key, hash, size) : this.makeForPresent(found, key, hash, size);
      if ((slot === none) === (found === none)) return slot;
    }
  }

  /** Makes room for the value of a key that is there to have that size; answers its slot, or `none` if it had to go. */
  makeForPresent(at: Slot, key: Key, hash: number, size: number): Slot {
    const { limits } = this;
    const before = limits.bytesWith(0);
    let slot = at;
    let refills = 0;
    for (let evicted = 0; slot !== none && limits.cramped(slot, size); evicted += 1) {
      if (evicted >= 2 && this.#trimmer.running && limits.bytesWith(size, slot) <= before) break;
      refills += this.#evict(refills);
      slot = this.#tenant.store.find(key, hash);
    }
    return slot;
  }

  /** An entry was added, for which there was room. */
  added(slot: Slot, size: number): void {
    this.limits.added(slot, size);
    this.#heap?.added();
  }

  /** The same where entries alone are counted, and this one came in the place of another. */
  exchanged(slot: Slot): void {
    this.limits.policy.added(slot);
    this.#heap?.added();
  }

  /**
   * What the entries of a partition take that is about to come. They are measured before any of them is here: what measures
   * is the user's code, which may use the cache, or fail.
   */
  measure(partition: number, copy: Store): ReadonlyMap<Key, number> {
    const sizes = new Map<Key, number>();
    if (this.limits.bytes === undefined) return sizes;
    for (const slot of copy.walk(partition)) {
      const key = copy.key(slot);
      try {
        sizes.set(key, this.limits.sizeOf(copy.value(slot), key));
      } catch (error) {
        this.#tenant.failed(error);
        sizes.set(key, estimateEntry(this.#tenant.values, copy.value(slot), key));
      }
    }
    return sizes;
  }

  /** Partitions have come: what is too much now goes a little at a time. */
  trim(): void {
    if (this.limits.surplus(this.#tenant.store.length) > 0) this.#trimmer.start();
  }

  close(): void {
    this.#trimmer.close();
    this.#heap?.close();
  }

  /** Answers the slot of the key: `none`, unless somebody has put it meanwhile. */
  #makeForNew(key: Key, hash: number, size: number): Slot {
    const { limits } = this;
    const { store, heard } = this.#tenant;
    const before = limits.bytesWith(0);
    let refills = 0;
    for (let evicted = 0; limits.crowded(store.length, size) && store.length > 0; evicted += 1) {
      // Where partitions have come, or memory is scarce, most of what is too much goes a little at a time: as long as this
      // does not add to it.
      if (evicted >= 2 && this.#trimmer.running && limits.bytesWith(size) <= before) break;
      refills += this.#evict(refills);
      const slot = heard() ? store.find(key, hash) : none;
      if (slot !== none) return slot;
    }
    return none;
  }

  /** Answers 1 if whoever was told of it has filled the room again, which may not go on for ever; else 0. */
  #evict(refills: number): number {
    const { store, remove, refuseClosed } = this.#tenant;
    const { length } = store;
    remove(this.limits.victim());
    refuseClosed();
    if (store.length < length) return 0;
    if (refills < mostRefills) return 1;
    throw this.#refilled();
  }

  /** Removes one of the entries that are too many; answers whether there may be more. */
  #trim(): boolean {
    const { store, remove } = this.#tenant;
    if (store.length === 0 || this.limits.surplus(store.length) === 0) return false;
    remove(this.limits.victim());
    return true;
  }

  #refilled(): CacheError {
    const message = `cache '${this.#tenant.name}' is full, and a listener of 'evicted' puts as much as is evicted; nothing was written`;
    return new CacheError('OVERLOADED', message);
  }
}
