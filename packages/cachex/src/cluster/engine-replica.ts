import { type Codec, Encoded, type Replica, type ReplicaRecord } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { Change, Engine } from '../local/engine.ts';
import { originOf } from '../local/flights.ts';
import type { MovingLoad } from '../local/loads.ts';
import { none, type Slot, Store } from '../local/store.ts';
import type { WarmerState } from '../local/warmers.ts';
import { EntryPage, fullPage, type PagedEntry, readPage } from './entry-page.ts';
import type { LockReplica } from './lock-replica.ts';
import { checkRecord } from './record-form.ts';
import type { WireForm } from './wire-form.ts';

/** What is known of the last run of a warmer. */
type WarmerRecord = readonly [
  type: 'warmer',
  name: string,
  run: string,
  age: number,
  running: boolean,
  succeeded: boolean,
  error: Encoded | undefined,
];

/** What a cache's partition is made of, and what happens to it. Instants travel as the time that is left or has passed. */
type CacheRecord =
  | readonly [
      type: 'write',
      key: Key,
      hash: number,
      value: Encoded,
      version: number,
      age: number,
      remaining: number | null,
      ttl: number | null,
      staleFor: number,
      tags: readonly string[] | undefined,
    ]
  /** Entries as they are, many in one record; see entry-page.ts. */
  | readonly [type: 'page', count: number, page: Encoded]
  | readonly [type: 'remove', key: Key, hash: number]
  | WarmerRecord
  /** Its time has come, and it is kept as a stale one. */
  | readonly [type: 'lapse', key: Key, hash: number]
  | readonly [type: 'clear']
  | readonly [
      type: 'load',
      key: Key,
      hash: number,
      token: string,
      lease: number | undefined,
      invalidated: readonly string[] | undefined,
    ]
  /** Loads of which this copy was told before, when a move came to nothing, may have ended since. */
  | readonly [type: 'noLoads'];

/** How the entries of an engine, the loads in flight and the locks move with their partition. */
export class EngineReplica implements Replica {
  readonly #engine: Engine;
  readonly #values: WireForm;
  readonly #codec: Codec;
  readonly #present: (incarnation: string) => boolean;
  readonly #locks: LockReplica | undefined;
  readonly #departed: (partition: number) => void;
  /** Copies of partitions that other nodes own. Nothing here expires; it is taken over whole, or dropped. */
  readonly #copies: Store;
  /** The cache over those copies, for who would rather read them than ask their owner. */
  readonly reading: Engine;
  readonly #loads = new Map<number, MovingLoad[]>();
  /** By the name of the warmer, for copies of partitions. */
  readonly #warmers = new Map<number, Map<string, WarmerState>>();
  readonly #fullPage: number;
  /** How many bytes the last page came to: the next one will not be much larger. */
  #lastPage = 0;
  /** Partitions whose loads were told to somebody who did not take them over, as far as is known. */
  readonly #parted = new Set<number>();

  /**
   * `present` tells whether a node is still in the cluster; `departed` is told of partitions that are not this node's any more;
   * `full` is with how many bytes a page of entries is full.
   */
  constructor(
    engine: Engine,
    values: WireForm,
    codec: Codec,
    present: (incarnation: string) => boolean,
    locks?: LockReplica,
    departed: (partition: number) => void = () => {},
    full: number = fullPage,
  ) {
    this.#codec = codec;
    this.#engine = engine;
    this.#values = values;
    this.#present = present;
    this.#locks = locks;
    this.#departed = departed;
    this.#fullPage = full;
    this.#copies = new Store(engine.store.partitions, true);
    this.reading = engine.reading(this.#copies);
  }

  *snapshot(partition: number, pages: boolean): Iterable<ReplicaRecord> {
    if (pages) yield* this.#pages(partition);
    else for (const slot of this.#kept(partition)) yield* this.#written(slot);
    if (this.#locks !== undefined) yield* this.#locks.snapshot(partition);
    for (const [name, state] of this.#engine.warmers?.states(partition) ?? [])
      yield this.#warmer(name, state);
  }

  entriesIn(record: ReplicaRecord): number {
    const change = record as CacheRecord;
    return change[0] === 'page' ? change[1] : 1;
  }

  *parting(partition: number): Iterable<ReplicaRecord> {
    if (this.#parted.has(partition)) yield ['noLoads'] satisfies CacheRecord;
    this.#parted.add(partition);
    for (const { key, hash, token, lease, invalidated } of this.#engine.loads.inFlight(partition)) {
      yield ['load', key, hash, token, lease, invalidated] satisfies CacheRecord;
    }
  }

  /** A change to the engine, as copies of its partition must follow it. */
  recordOf(change: Change): ReplicaRecord | undefined {
    switch (change.type) {
      case 'write':
        return this.#written(change.slot)[0];
      case 'remove':
        return ['remove', change.key, change.hash] satisfies CacheRecord;
      case 'lapse':
        return ['lapse', change.key, change.hash] satisfies CacheRecord;
      case 'clear':
        return ['clear'] satisfies CacheRecord;
      case 'warmer': {
        const state = this.#engine.warmers?.state(change.name);
        return state === undefined ? undefined : this.#warmer(change.name, state);
      }
      default:
        return this.#locks?.recordOf(change);
    }
  }

  /** Throws `RangeError` on what is no record. */
  stage(partition: number, record: ReplicaRecord): void {
    checkRecord(record);
    if (this.#locks?.stage(partition, record) === true) return;
    const change = record as CacheRecord;
    switch (change[0]) {
      case 'write': {
        const [, key, hash, value, version, age, remaining, ttl, staleFor, tags] = change;
        this.#write({ key, hash, value, version, age, remaining, ttl, staleFor, tags });
        break;
      }
      case 'page':
        for (const entry of readPage(change[2], change[1], this.#codec)) this.#write(entry);
        break;
      case 'remove': {
        const slot = this.#copies.find(change[1], change[2]);
        if (slot !== none) this.#copies.remove(slot);
        break;
      }
      case 'lapse': {
        const slot = this.#copies.find(change[1], change[2]);
        if (slot !== none) this.#lapse(slot);
        break;
      }
      case 'clear':
        this.#copies.clearPartition(partition);
        break;
      case 'warmer':
        this.#stageWarmer(partition, change);
        break;
      case 'load': {
        const loads = this.#loads.get(partition) ?? [];
        this.#loads.set(partition, loads);
        const [, key, hash, token, lease, invalidated] = change;
        loads.push({ key, hash, token, lease, invalidated });
        break;
      }
      case 'noLoads':
        this.#loads.delete(partition);
    }
  }

  promote(partition: number): void {
    this.#engine.takeOver(partition, this.#copies);
    this.#locks?.promote(partition);
    for (const load of this.#loads.get(partition) ?? []) {
      // Its runner may have died while the copy was under way; nobody would ever hand in the result.
      if (this.#present(originOf(load.token))) this.#engine.loads.adopt(load);
    }
    this.#loads.delete(partition);
    for (const [name, state] of this.#warmers.get(partition) ?? []) {
      this.#engine.warmers?.adopt(name, state);
      const origin = originOf(state.run);
      if (!this.#present(origin)) this.#engine.warmers?.lost([origin]);
    }
    this.#warmers.delete(partition);
  }

  demote(partition: number): void {
    this.#parted.delete(partition);
    this.#warmers.set(partition, new Map(this.#engine.warmers?.states(partition) ?? []));
    this.#engine.handOver(partition, this.#copies);
    this.#departed(partition);
    this.#locks?.demote(partition);
  }

  discard(partition: number): void {
    this.#copies.clearPartition(partition);
    this.#warmers.delete(partition);
    this.#loads.delete(partition);
    this.#locks?.discard(partition);
  }

  drop(partition: number): void {
    this.#parted.delete(partition);
    this.#locks?.drop(partition);
    this.#engine.forget(partition);
    this.#departed(partition);
  }

  *#kept(partition: number): Iterable<Slot> {
    const { clock, store } = this.#engine;
    for (const slot of store.walk(partition)) if (!store.isOver(slot, clock.now())) yield slot;
  }

  /** Each page is as its entries are when it is handed over: nothing happens while it is filled. */
  *#pages(partition: number): Iterable<CacheRecord> {
    const { clock, store } = this.#engine;
    let page = new EntryPage(this.#codec, clock.now(), this.#fullPage, this.#lastPage);
    for (const slot of this.#kept(partition)) {
      const value = this.#encoded(slot);
      if (value !== undefined) page.add(store.entry(slot), value);
      if (!page.full) continue;
      yield ['page', page.count, page.finish()];
      page = new EntryPage(this.#codec, clock.now(), this.#fullPage, page.size);
    }
    this.#lastPage = page.size;
    if (page.count > 0) yield ['page', page.count, page.finish()];
  }

  #warmer(name: string, { run, began, running, succeeded, error }: WarmerState): WarmerRecord {
    // One that is to be made again at once was begun an eternity ago, which is not a number that travels.
    const age = Math.min(this.#engine.clock.now() - began, Number.MAX_SAFE_INTEGER);
    const failure = error === undefined ? undefined : new Encoded(this.#codec.encodeError(error));
    return ['warmer', name, run, age, running, succeeded, failure];
  }

  #stageWarmer(partition: number, [, name, run, age, running, succeeded, failure]: WarmerRecord): void {
    const states = this.#warmers.get(partition) ?? new Map<string, WarmerState>();
    this.#warmers.set(partition, states);
    const error = failure === undefined ? undefined : this.#codec.decodeError(failure.bytes);
    states.set(name, { run, began: this.#engine.clock.now() - age, running, succeeded, error });
  }

  #written(slot: Slot): [CacheRecord] | [] {
    const value = this.#encoded(slot);
    if (value === undefined) return [];
    const now = this.#engine.clock.now();
    const { key, hash, version, ttl, modified, expires, staleFor, tags } = this.#engine.store.entry(slot);
    const remaining = expires === Number.POSITIVE_INFINITY ? null : expires - now;
    return [['write', key, hash, value, version, now - modified, remaining, ttl, staleFor, tags]];
  }

  /**
   * The value of an entry in bytes. None if it cannot be encoded, or is too large to be sent: it was put while this node was
   * alone, and cannot follow. That is reported.
   */
  #encoded(slot: Slot): Encoded | undefined {
    try {
      return this.#values.encoded(this.#engine.store.value(slot));
    } catch (error) {
      this.#engine.events.error(error);
      return undefined;
    }
  }

  #write({ key, hash, value, version, age, remaining, ttl, staleFor, tags }: PagedEntry): void {
    const now = this.#engine.clock.now();
    const expires = remaining === null ? Number.POSITIVE_INFINITY : now + remaining;
    const copies = this.#copies;
    const found = copies.find(key, hash);
    const slot = found === none ? copies.add(key, hash) : found;
    copies.setValue(slot, value, version);
    copies.setTraits(slot, now - age, expires, ttl, staleFor, tags);
  }

  #lapse(slot: Slot): void {
    const { modified, expires, ttl, staleFor, tags } = this.#copies.entry(slot);
    this.#copies.setTraits(slot, modified, Math.min(expires, this.#engine.clock.now()), ttl, staleFor, tags);
  }
}
