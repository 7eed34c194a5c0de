import { type Key, partitionOf } from '@cachex/router/hash';
import { CacheError } from '../errors.ts';
import { Column, chunkBits, chunkMask, chunkSlots, float64, int32, slotsFor } from './columns.ts';
import { PartitionLists } from './partition-lists.ts';
import { mostSlots, SlotIndex } from './slot-index.ts';

/**
 * Where an entry lies in a store, for as long as it is there: a small whole number, which another has later. Whatever may run
 * code of the user makes it worthless: an eviction or an expiry (their listeners), `sizeOf`, `hold` of a value with getters,
 * a loader, an updater, and every `await`. After that the key must be searched for again.
 */
export type Slot = number;

/** No slot: what a search answers that finds nothing. */
export const none: Slot = -1;

/** What an entry is, apart from its value. */
export interface EntryTraits {
  /** When the value was last written, or the entry touched, by the engine's clock. */
  readonly modified: number;
  /** The instant of expiry by the engine's clock; `Infinity` never. */
  readonly expires: number;
  /** Its own time to live in ms, counted from the last write, `expire`, `expireAt` or `refresh`; `null` without one. */
  readonly ttl: number | null;
  /** For how many ms more it is kept after that instant: it is a miss, but a `fetch` may answer it while it loads. */
  readonly staleFor: number;
  /** Each once; `undefined` without any. */
  readonly tags: readonly string[] | undefined;
}

/** One entry as it was when it was read. */
export interface Entry extends EntryTraits {
  readonly key: Key;
  readonly hash: number;
  /** In the form the cache's ValueForm gave it. */
  readonly value: unknown;
  /**
   * Another one with every new value, at whichever node that is written: an equal version means an unchanged value. Of the
   * values that one engine writes, later ones have higher versions, until there were 4,294,967,296 in a cache of one process.
   */
  readonly version: number;
}

/** What only few entries have, and what does not fit where that of the others lies. */
interface Rest {
  modified: number;
  expires: number;
  ttl: number | null;
  staleFor: number;
  tags: readonly string[] | undefined;
}

/** The numbers of an entry lie side by side, in 16 bytes: most of what touches one of them touches others. */
const recordWords = 4;
const hashWord = 0;
const versionWord = 1;
/** When an entry was modified, in ms: the low 32 bits. */
const modifiedWord = 2;
/** The ten bits above these, and by how many ms an entry outlives the beginning of its last span. */
const restWord = 3;

/** Expiry is marked by spans of 4,096 ms; the mark of a slot is the span, and eight bits of the policy. */
const spanBits = 12;
const spanMask = (1 << spanBits) - 1;
export const spanShift: number = 8;
const policyBits = (1 << spanShift) - 1;

/** The span of an entry that never expires. */
export const neverSpan: number = 2 ** 24 - 1;
const latestSpan = neverSpan - 1;

/** The span in which an instant lies; there are as many as a mark can tell apart: those of 795 days. */
export function spanOf(instant: number): number {
  return (instant * 2 ** -spanBits) | 0;
}

/** An instant of modification that its place is too small for would be after the year 2100. */
const latestInstant = 2 ** 42 - 1;

/** Longer than that, or not a whole number of ms, a ttl has its place elsewhere. */
const longestTtl = 2 ** 32 - 1;

/**
 * Entries by key. What each is made of lies in arrays, at its slot. A hit touches a cell of the index, the key with the value
 * beside it, and a mark; nothing is allocated for it. Measured and lost: an object an entry (100 bytes more, and slower to
 * collect); a `Map` (must hash every freshly built key for itself, stalls while it grows, ends at 2^24 entries); a column
 * for each number (a write touches three cache lines more); the exact instant of expiry read for every hit (one more).
 */
export class Store {
  readonly partitions: number;
  /** Key and value of each slot, one after the other: they are read together. */
  readonly #items: unknown[][] = [];
  /** The hash of a free slot is the next one that is free. */
  readonly #records: Int32Array[] = [];
  /**
   * Of each slot, in which span the entry expires, and eight bits that belong to the eviction policy. Together in four
   * bytes, because a hit needs both: the marks of 100,000 entries fit into a cache in which their records do not.
   */
  readonly marks: Column<Int32Array> = new Column(int32);
  /** The ttl of entries that expire, where it is not all of their life; by chunk, as far as there are such. */
  readonly #ttls: (Uint32Array | undefined)[] = [];
  /** Versions that are any whole numbers. */
  readonly #wideVersions: Column<Float64Array> | undefined;
  readonly #rest = new Map<Slot, Rest>();
  readonly #index: SlotIndex;
  /** Not needed where all entries are in one partition. */
  readonly #lists: PartitionLists | undefined;
  #length = 0;
  #capacity = 0;
  /** Slots from here on have never been used. */
  #high = 0;
  #free: Slot = none;
  readonly #grown: ((slots: number) => void) | undefined;

  /**
   * `partitions` is a power of two. `wideVersions`: versions come from elsewhere, and are any whole numbers. `grown` is told
   * of how many slots there are, before they are used.
   */
  constructor(partitions: number, wideVersions: boolean, grown?: (slots: number) => void) {
    this.partitions = partitions;
    this.#wideVersions = wideVersions ? new Column(float64) : undefined;
    this.#index = new SlotIndex({ items: this.#items, hashOf: (slot) => this.#word(slot, hashWord) });
    this.#lists = partitions === 1 ? undefined : new PartitionLists(partitions);
    this.#grown = grown;
  }

  /** How many entries there are, expired ones included. */
  get length(): number {
    return this.#length;
  }

  /** Slots below this one may hold entries; see {@link holds}. */
  get slots(): number {
    return this.#high;
  }

  find(key: Key, hash: number): Slot {
    return this.#index.find(key, hash);
  }

  /** Whether there is an entry at a slot. */
  holds(slot: Slot): boolean {
    return slot < this.#high && this.#items[slot >>> chunkBits]![(slot & chunkMask) << 1] !== undefined;
  }

  key(slot: Slot): Key {
    return this.#items[slot >>> chunkBits]![(slot & chunkMask) << 1] as Key;
  }

  value(slot: Slot): unknown {
    return this.#items[slot >>> chunkBits]![((slot & chunkMask) << 1) + 1];
  }

  hash(slot: Slot): number {
    return this.#word(slot, hashWord) >>> 0;
  }

  version(slot: Slot): number {
    return this.#wideVersions === undefined
      ? this.#word(slot, versionWord) >>> 0
      : this.#wideVersions.get(slot);
  }

  /** In which span the entry expires, or `neverSpan`. */
  span(slot: Slot): number {
    return this.marks.chunks[slot >>> chunkBits]![slot & chunkMask]! >>> spanShift;
  }

  expires(slot: Slot): number {
    const span = this.span(slot);
    if (span < latestSpan) return span * 2 ** spanBits + (this.#word(slot, restWord) & spanMask);
    return span === neverSpan ? Number.POSITIVE_INFINITY : this.#rest.get(slot)!.expires;
  }

  modified(slot: Slot): number {
    const rest = this.#restOf(slot);
    if (rest !== undefined) return rest.modified;
    return (this.#word(slot, restWord) >>> spanBits) * 2 ** 32 + (this.#word(slot, modifiedWord) >>> 0);
  }

  ttl(slot: Slot): number | null {
    const rest = this.#restOf(slot);
    if (rest !== undefined) return rest.ttl;
    if (this.span(slot) === neverSpan) return null;
    const ttls = this.#ttls[slot >>> chunkBits];
    return ttls === undefined ? this.#life(slot) : ttls[slot & chunkMask]!;
  }

  staleFor(slot: Slot): number {
    return this.#restOf(slot)?.staleFor ?? 0;
  }

  tags(slot: Slot): readonly string[] | undefined {
    return this.#restOf(slot)?.tags;
  }

  /** Whether an entry has neither tags nor a time to be stale, nor other times than most have. */
  isPlain(slot: Slot): boolean {
    return this.#rest.size === 0 || !this.#rest.has(slot);
  }

  /** Whether nobody can use an entry any more, not even a `fetch` as a stale one. */
  isOver(slot: Slot, now: number): boolean {
    const expires = this.expires(slot);
    return expires <= now && expires + this.staleFor(slot) <= now;
  }

  /** The entry at a slot as it is now. */
  entry(slot: Slot): Entry {
    return {
      key: this.key(slot),
      hash: this.hash(slot),
      value: this.value(slot),
      version: this.version(slot),
      modified: this.modified(slot),
      expires: this.expires(slot),
      ttl: this.ttl(slot),
      staleFor: this.staleFor(slot),
      tags: this.tags(slot),
    };
  }

  /** Adds an entry whose key is not there. It has no value until `setValue`, and no times until `setTraits`. */
  add(key: Key, hash: number): Slot {
    const slot = this.#newSlot();
    const chunk = slot >>> chunkBits;
    const at = slot & chunkMask;
    this.#items[chunk]![at << 1] = key;
    this.#records[chunk]![at * recordWords + hashWord] = hash;
    this.marks.chunks[chunk]![at] = 0;
    this.#index.add(slot, hash);
    this.#lists?.add(partitionOf(hash, this.partitions), slot);
    this.#length += 1;
    return slot;
  }

  /**
   * Puts an entry whose key is not there in the place of the one at a slot: what removing that and adding this would come to.
   */
  exchange(slot: Slot, key: Key, hash: number): void {
    const chunk = slot >>> chunkBits;
    const at = slot & chunkMask;
    const record = this.#records[chunk]!;
    const before = record[at * recordWords + hashWord]!;
    this.#index.remove(slot, before);
    record[at * recordWords + hashWord] = hash;
    this.#index.add(slot, hash);
    if (this.#lists !== undefined) this.#move(slot, before, hash);
    if (this.#rest.size > 0) this.#rest.delete(slot);
    this.#items[chunk]![at << 1] = key;
    this.marks.chunks[chunk]![at] = 0;
  }

  setValue(slot: Slot, value: unknown, version: number): void {
    const chunk = slot >>> chunkBits;
    const at = slot & chunkMask;
    this.#items[chunk]![(at << 1) + 1] = value;
    if (this.#wideVersions === undefined) this.#records[chunk]![at * recordWords + versionWord] = version;
    else this.#wideVersions.set(slot, version);
  }

  /** Instants are kept in whole ms. */
  setTraits(
    slot: Slot,
    modified: number,
    expires: number,
    ttl: number | null,
    staleFor = 0,
    tags?: readonly string[],
  ): void {
    const forEver = expires === Number.POSITIVE_INFINITY;
    const since = Math.round(modified);
    const until = forEver ? 0 : Math.max(0, Math.round(expires));
    const span = forEver ? neverSpan : Math.min(latestSpan, until * 2 ** -spanBits);
    const chunk = slot >>> chunkBits;
    const at = slot & chunkMask;
    const marks = this.marks.chunks[chunk]!;
    marks[at] = (span << spanShift) | (marks[at]! & policyBits);
    const record = this.#records[chunk]!;
    const high = Math.floor(since * 2 ** -32);
    record[at * recordWords + modifiedWord] = since;
    record[at * recordWords + restWord] = (high << spanBits) | (until & spanMask);
    const plain =
      staleFor === 0 &&
      tags === undefined &&
      since >= 0 &&
      since <= latestInstant &&
      (forEver ? ttl === null : span < latestSpan && isTtl(ttl));
    if (!plain) {
      this.#rest.set(slot, {
        modified: since,
        expires: forEver ? expires : Math.round(expires),
        ttl,
        // It ends when it would have, where it expired before time began.
        staleFor: Math.max(0, staleFor + Math.min(0, expires)),
        tags,
      });
      return;
    }
    if (this.#rest.size > 0) this.#rest.delete(slot);
    if (ttl !== null) this.#setTtl(chunk, at, ttl, until - since);
  }

  /**
   * `setValue` and `setTraits` at once, for an entry that is written at `now`, and lives `ttl` ms from then on, or for ever. In
   * whole numbers that fit into 31 bits, as times mostly are in the first 24 days of a process, it takes half the time.
   */
  write(slot: Slot, value: unknown, version: number, now: number, ttl: number | null): void {
    const forEver = ttl === null;
    const life = forEver ? 0 : ttl;
    const until = now + life;
    const short = (now | 0) === now && (life | 0) === life && (until | 0) === until && now >= 0 && life >= 0;
    if (!short || this.#wideVersions !== undefined) {
      this.setValue(slot, value, version);
      this.setTraits(slot, now, forEver ? Number.POSITIVE_INFINITY : until, ttl);
      return;
    }
    const chunk = slot >>> chunkBits;
    const at = slot & chunkMask;
    this.#items[chunk]![(at << 1) + 1] = value;
    const marks = this.marks.chunks[chunk]!;
    marks[at] = ((forEver ? neverSpan : until >> spanBits) << spanShift) | (marks[at]! & policyBits);
    const record = this.#records[chunk]!;
    record[at * recordWords + versionWord] = version;
    record[at * recordWords + modifiedWord] = now;
    record[at * recordWords + restWord] = until & spanMask;
    if (this.#rest.size > 0) this.#rest.delete(slot);
    const ttls = this.#ttls[chunk];
    if (ttls !== undefined) ttls[at] = life;
  }

  /** Removes the entry at a slot. */
  remove(slot: Slot): void {
    const hash = this.#word(slot, hashWord);
    this.#index.remove(slot, hash);
    this.#lists?.remove(partitionOf(hash, this.partitions), slot);
    const items = this.#items[slot >>> chunkBits]!;
    const at = (slot & chunkMask) << 1;
    items[at] = undefined;
    items[at + 1] = undefined;
    if (this.#rest.size > 0) this.#rest.delete(slot);
    this.#length -= 1;
    if (this.#length === 0) {
      // What was needed for many is given back; entries that come and go one at a time need no more than a chunk.
      if (this.#capacity > chunkSlots) {
        this.#reset();
        return;
      }
    }
    this.#records[slot >>> chunkBits]![(slot & chunkMask) * recordWords + hashWord] = this.#free;
    this.#free = slot;
  }

  /** How many entries those partitions hold, expired ones included. */
  size(partitions: Iterable<number>): number {
    if (this.#lists === undefined) return this.#length;
    let total = 0;
    for (const partition of partitions) total += this.#lists.count(partition);
    return total;
  }

  /** The first entry of a partition, in no order that means anything, or `none`. */
  first(partition: number): Slot {
    return this.#lists === undefined ? this.#held(0) : this.#lists.first(partition);
  }

  /** The next one of the same partition, or `none`. The entry at `slot` must still be there. */
  next(slot: Slot): Slot {
    return this.#lists === undefined ? this.#held(slot + 1) : this.#lists.next(slot);
  }

  /**
   * Walks the entries that a partition has now. The walk may pause for as long as it likes while entries come and go: of
   * these, each that stays throughout is seen exactly once, and none twice.
   */
  *walk(partition: number): Generator<Slot> {
    const slots = this.#slotsOf(partition);
    const hashes = slots.map((slot) => this.#word(slot, hashWord));
    // Where another entry has come, its hash is another. (Or the key was removed and put again, and came to the same slot.)
    for (const [n, slot] of slots.entries()) {
      if (this.holds(slot) && this.#word(slot, hashWord) === hashes[n]) yield slot;
    }
  }

  /** Takes a partition's entries out of another store, in place of those that are here. */
  take(partition: number, from: Store): void {
    this.clearPartition(partition);
    for (const slot of from.#slotsOf(partition)) {
      const here = this.add(from.key(slot), from.hash(slot));
      this.setValue(here, from.value(slot), from.version(slot));
      this.setTraits(
        here,
        from.modified(slot),
        from.expires(slot),
        from.ttl(slot),
        from.staleFor(slot),
        from.tags(slot),
      );
    }
    from.clearPartition(partition);
  }

  /** Removes a partition's entries; returns how many there were. */
  clearPartition(partition: number): number {
    if (this.#lists === undefined) {
      const length = this.#length;
      this.#reset();
      return length;
    }
    const count = this.#lists.count(partition);
    if (count === this.#length) {
      this.#reset();
      return count;
    }
    for (let slot = this.#lists.first(partition); slot !== none; slot = this.#lists.first(partition))
      this.remove(slot);
    return count;
  }

  /** The bytes that it takes beside what keys and values are. */
  get bytes(): number {
    let bytes = this.#index.bytes + (this.#lists?.bytes ?? 0) + this.#rest.size * 128;
    bytes += this.marks.bytes + (this.#wideVersions?.bytes ?? 0);
    for (const chunk of this.#records) bytes += chunk.byteLength;
    for (const chunk of this.#ttls) bytes += chunk?.byteLength ?? 0;
    for (const chunk of this.#items) bytes += 8 * chunk.length;
    return bytes;
  }

  /** Apart from the rest, because where a cache is in one process alone there are no lists. */
  #move(slot: Slot, before: number, hash: number): void {
    this.#lists!.remove(partitionOf(before, this.partitions), slot);
    this.#lists!.add(partitionOf(hash, this.partitions), slot);
  }

  #word(slot: Slot, word: number): number {
    return this.#records[slot >>> chunkBits]![(slot & chunkMask) * recordWords + word]!;
  }

  #life(slot: Slot): number {
    return this.expires(slot) - this.modified(slot);
  }

  /** Where all of a chunk live as long as their ttl says, it is kept for none of them. */
  #setTtl(chunk: number, at: number, ttl: number, life: number): void {
    let ttls = this.#ttls[chunk];
    if (ttls === undefined) {
      if (ttl === life) return;
      ttls = new Uint32Array(this.#records[chunk]!.length / recordWords);
      this.#ttls[chunk] = ttls;
      const first = chunk << chunkBits;
      for (let n = 0; n < ttls.length; n += 1) if (this.holds(first + n)) ttls[n] = this.#life(first + n);
    }
    ttls[at] = ttl;
  }

  #restOf(slot: Slot): Rest | undefined {
    return this.#rest.size === 0 ? undefined : this.#rest.get(slot);
  }

  #held(from: Slot): Slot {
    for (let slot = from; slot < this.#high; slot += 1) if (this.holds(slot)) return slot;
    return none;
  }

  #slotsOf(partition: number): Int32Array {
    const slots = new Int32Array(this.size([partition]));
    let n = 0;
    for (let slot = this.first(partition); slot !== none; slot = this.next(slot)) {
      slots[n] = slot;
      n += 1;
    }
    return slots;
  }

  #newSlot(): Slot {
    const free = this.#free;
    if (free !== none) {
      this.#free = this.#word(free, hashWord);
      return free;
    }
    if (this.#high === this.#capacity) this.#grow();
    this.#high += 1;
    return this.#high - 1;
  }

  #grow(): void {
    const slots = slotsFor(this.#capacity);
    if (slots > mostSlots) {
      const message = `${this.#length} entries are as many as one cache can hold in a process; set limit.size, or use more than one cache`;
      throw new CacheError('OVERLOADED', message);
    }
    const first = this.#records[0];
    if (first !== undefined && slots <= chunkSlots) {
      extend(this.#items[0]!, 2 * slots);
      this.#records[0] = new Int32Array(slots * recordWords);
      this.#records[0].set(first);
      const ttls = this.#ttls[0];
      if (ttls !== undefined) {
        this.#ttls[0] = new Uint32Array(slots);
        this.#ttls[0].set(ttls);
      }
    } else {
      const more = Math.min(slots, chunkSlots);
      this.#items.push(extend([], 2 * more));
      this.#records.push(new Int32Array(more * recordWords));
    }
    this.marks.grow(slots);
    this.#wideVersions?.grow(slots);
    this.#lists?.grow(slots);
    this.#grown?.(slots);
    this.#capacity = slots;
  }

  #reset(): void {
    this.#items.length = 0;
    this.#records.length = 0;
    this.#ttls.length = 0;
    this.marks.clear();
    this.#wideVersions?.clear();
    this.#rest.clear();
    this.#index.clear();
    this.#lists?.clear();
    this.#length = 0;
    this.#capacity = 0;
    this.#high = 0;
    this.#free = none;
  }
}

function isTtl(ms: number | null): ms is number {
  return ms !== null && ms >= 0 && ms <= longestTtl && Number.isInteger(ms);
}

/** An array without holes: reading one of those is slower. */
function extend(items: unknown[], length: number): unknown[] {
  while (items.length < length) items.push(undefined);
  return items;
}
