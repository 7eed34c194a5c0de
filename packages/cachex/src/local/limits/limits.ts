import type { Key } from '@cachex/router/hash';
import { Column, chunkBits, chunkMask, uint32 } from '../columns.ts';
import type { Policy, PolicyFactory, Resident } from './policy.ts';

/** The largest size that is told apart: 4 GiB. */
const largest = 2 ** 32 - 1;

/** How much there may be, how that is measured, and what goes first. */
export interface LimitsSettings {
  /** Entries; `Infinity` for any number. */
  readonly size: number;
  /** Bytes of keys and values; `Infinity` for any number. */
  readonly bytes: number;
  readonly policy: PolicyFactory;
  /** How many bytes a held value takes with its key. */
  readonly sizeOf: (held: unknown, key: Key) => number;
}

/**
 * Keeps account of what a cache holds, and says what must go before there is room for more. It removes nothing itself. All
 * of it by slot.
 */
export class Limits {
  readonly #settings: LimitsSettings;
  /** To be told directly of what is read. */
  readonly policy: Policy;
  /** What each entry takes, if bytes are counted. */
  readonly #sizes: Column<Uint32Array> | undefined;
  #bytes = 0;
  /** As many entries as there may be now: fewer than the settings say while memory is scarce. */
  #most: number;

  constructor(settings: LimitsSettings, { marks, hashOf }: Pick<Resident, 'marks' | 'hashOf'>) {
    this.#settings = settings;
    this.#most = settings.size;
    const sizes = settings.bytes === Number.POSITIVE_INFINITY ? undefined : new Column(uint32);
    this.#sizes = sizes;
    this.policy = settings.policy({
      marks,
      hashOf,
      weightOf: sizes === undefined ? () => 1 : (slot) => sizes.get(slot),
    });
  }

  /** The bytes of all entries; `undefined` unless they are counted. */
  get bytes(): number | undefined {
    return this.#sizes === undefined ? undefined : this.#bytes;
  }

  get most(): number {
    return this.#most;
  }

  /** Lowers the number of entries for a while, or with `Infinity` no longer. */
  restrict(most: number): void {
    this.#most = Math.min(most, this.#settings.size);
  }

  grow(slots: number): void {
    this.#sizes?.grow(slots);
    this.policy.grow(slots);
  }

  /** What an entry would take, in bytes; 0 if they are not counted. */
  sizeOf(held: unknown, key: Key): number {
    if (this.#sizes === undefined) return 0;
    return Math.min(largest, Math.max(0, Math.ceil(this.#settings.sizeOf(held, key))));
  }

  /** Whether an entry of that size can never be held. */
  tooLarge(size: number): boolean {
    return size > this.#settings.bytes;
  }

  /** Whether something must go before `entries` hold one more of that size. */
  crowded(entries: number, size: number): boolean {
    return entries >= this.#most || this.#bytes + size > this.#settings.bytes;
  }

  /** Whether something must go before the entry at `slot` has that size. */
  cramped(slot: number, size: number): boolean {
    return this.#sizes !== undefined && this.#bytes - this.#sizes.get(slot) + size > this.#settings.bytes;
  }

  /** How many bytes all entries would have with one more of that size, in the place of the one at `slot` if given. */
  bytesWith(size: number, slot?: number): number {
    return this.#bytes + size - (slot === undefined || this.#sizes === undefined ? 0 : this.#sizes.get(slot));
  }

  /** Whether there is more than may be, and how much that is, in entries: 1 if it is only known that there is. */
  surplus(entries: number): number {
    if (entries > this.#most) return entries - this.#most;
    return this.#bytes > this.#settings.bytes ? 1 : 0;
  }

  added(slot: number, size: number): void {
    if (this.#sizes !== undefined) {
      this.#sizes.chunks[slot >>> chunkBits]![slot & chunkMask] = size;
      this.#bytes += size;
    }
    this.policy.added(slot);
  }

  /** The entry has a new value, of that size. */
  written(slot: number, size: number): void {
    if (this.#sizes === undefined) {
      this.policy.written(slot, 0);
      return;
    }
    const change = size - this.#sizes.get(slot);
    this.#sizes.set(slot, size);
    this.#bytes += change;
    this.policy.written(slot, change);
  }

  /** The entry is about to be removed, for another reason than `victim`. */
  removed(slot: number): void {
    this.policy.removed(slot);
    this.#uncount(slot);
  }

  /** The slot of an entry that must be removed now: it is not counted any more. There must be one. */
  victim(): number {
    const slot = this.policy.evict();
    this.#uncount(slot);
    return slot;
  }

  clear(): void {
    this.policy.clear();
    this.#sizes?.clear();
    this.#bytes = 0;
  }

  #uncount(slot: number): void {
    if (this.#sizes !== undefined) this.#bytes -= this.#sizes.get(slot);
  }
}
