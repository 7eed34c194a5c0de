import { identityOf, type Key, partitionOf } from '@cachex/router/hash';

/** One entry as it lies in memory. */
export interface Entry {
  readonly key: Key;
  readonly hash: number;
  /** In the form the cache's ValueForm gave it. */
  value: unknown;
  /**
   * Another one with every new value, at whichever node that is written: an equal version means an unchanged value. Of the
   * values that one engine writes, later ones have higher versions.
   */
  version: number;
  /** When the value was last written, or the entry touched, by the engine's clock. */
  modified: number;
  /** The instant of expiry by the engine's clock; `Infinity` never. */
  expires: number;
  /** Its own time to live in ms, counted from the last write, `expire`, `expireAt` or `refresh`; `null` without one. */
  ttl: number | null;
  /** For how many ms more it is kept after that instant: it is a miss, but a `fetch` may answer it while it loads. */
  staleFor: number;
  /** Each once; `undefined` without any. */
  tags: readonly string[] | undefined;
}

/** Whether nobody can use an entry any more, not even a `fetch` as a stale one. */
export function isOver({ expires, staleFor }: Readonly<Entry>, now: number): boolean {
  return expires + staleFor <= now;
}

type Shard = Map<ReturnType<typeof identityOf>, Entry>;

/**
 * Entries by key, in one `Map` a partition: many small maps rehash in about 2 ms where one large map stalls for hundreds,
 * and a partition can be walked, counted and cleared without looking at the rest.
 */
export class Store {
  readonly partitions: number;
  readonly #shards: (Shard | undefined)[];
  #length = 0;

  /** `partitions` is a power of two. */
  constructor(partitions: number) {
    this.partitions = partitions;
    this.#shards = new Array<Shard | undefined>(partitions).fill(undefined);
  }

  /** How many entries there are, expired ones included. */
  get length(): number {
    return this.#length;
  }

  find(key: Key, hash: number): Entry | undefined {
    return this.#shards[partitionOf(hash, this.partitions)]?.get(identityOf(key));
  }

  /** Adds an entry whose key is not present yet. */
  insert(entry: Entry): void {
    const partition = partitionOf(entry.hash, this.partitions);
    let shard = this.#shards[partition];
    if (shard === undefined) {
      shard = new Map();
      this.#shards[partition] = shard;
    }
    shard.set(identityOf(entry.key), entry);
    this.#length += 1;
  }

  /** Removes an entry that is present. */
  remove(entry: Entry): void {
    const shard = this.#shards[partitionOf(entry.hash, this.partitions)];
    if (shard?.delete(identityOf(entry.key))) this.#length -= 1;
  }

  /** How many entries those partitions hold, expired ones included. */
  size(partitions: Iterable<number>): number {
    let total = 0;
    for (const partition of partitions) total += this.#shards[partition]?.size ?? 0;
    return total;
  }

  /**
   * Walks a partition. The walk may pause for as long as it likes while entries come and go: each entry that stays
   * throughout is seen exactly once.
   */
  entries(partition: number): IterableIterator<Entry> {
    return (this.#shards[partition] ?? empty).values();
  }

  /** Takes a partition's entries out of another store, in place of those that are here. */
  take(partition: number, from: Store): void {
    this.clearPartition(partition);
    const shard = from.#shards[partition];
    if (shard === undefined) return;
    from.#shards[partition] = undefined;
    from.#length -= shard.size;
    this.#shards[partition] = shard;
    this.#length += shard.size;
  }

  /** Removes a partition's entries; returns how many there were. */
  clearPartition(partition: number): number {
    const shard = this.#shards[partition];
    if (shard === undefined) return 0;
    const { size } = shard;
    // Not replaced by a new map: a paused walk would go on over entries that are gone.
    shard.clear();
    this.#length -= size;
    return size;
  }
}

const empty: Shard = new Map();

/** The key as an entry keeps it: `-0` is `0`, and an array is copied, because its owner may change it later. */
export function ownKey(key: Key): Key {
  if (typeof key === 'number') return key === 0 ? 0 : key;
  return typeof key === 'object' && key !== null ? Object.freeze(key.map(ownKey)) : key;
}
