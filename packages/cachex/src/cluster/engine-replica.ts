import type { Encoded, Replica, ReplicaRecord } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { Change, Engine } from '../local/engine.ts';
import { originOf } from '../local/flights.ts';
import type { MovingLoad } from '../local/loads.ts';
import { type Entry, isOver, Store } from '../local/store.ts';
import type { WireForm } from './wire-form.ts';

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
  | readonly [type: 'remove', key: Key, hash: number]
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

/** How the entries of an engine, and the loads in flight, move with their partition. */
export class EngineReplica implements Replica {
  readonly #engine: Engine;
  readonly #values: WireForm;
  readonly #present: (incarnation: string) => boolean;
  /** Copies of partitions that other nodes own. Nothing here expires; it is taken over whole, or dropped. */
  readonly #copies: Store;
  /** The cache over those copies, for who would rather read them than ask their owner. */
  readonly reading: Engine;
  readonly #loads = new Map<number, MovingLoad[]>();
  /** Partitions whose loads were told to somebody who did not take them over, as far as is known. */
  readonly #parted = new Set<number>();

  /** `present` tells whether a node is still in the cluster. */
  constructor(engine: Engine, values: WireForm, present: (incarnation: string) => boolean) {
    this.#engine = engine;
    this.#values = values;
    this.#present = present;
    this.#copies = new Store(engine.store.partitions);
    this.reading = engine.reading(this.#copies);
  }

  *snapshot(partition: number): Iterable<ReplicaRecord> {
    const { clock, store } = this.#engine;
    for (const entry of store.entries(partition)) {
      if (!isOver(entry, clock.now())) yield* this.#written(entry);
    }
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
        return this.#written(change.entry)[0];
      case 'remove':
        return ['remove', change.key, change.hash] satisfies CacheRecord;
      case 'lapse':
        return ['lapse', change.key, change.hash] satisfies CacheRecord;
      case 'clear':
        return ['clear'] satisfies CacheRecord;
    }
  }

  stage(partition: number, record: ReplicaRecord): void {
    const change = record as CacheRecord;
    switch (change[0]) {
      case 'write':
        this.#write(change);
        break;
      case 'remove': {
        const entry = this.#copies.find(change[1], change[2]);
        if (entry !== undefined) this.#copies.remove(entry);
        break;
      }
      case 'lapse': {
        const entry = this.#copies.find(change[1], change[2]);
        if (entry !== undefined) entry.expires = Math.min(entry.expires, this.#engine.clock.now());
        break;
      }
      case 'clear':
        this.#copies.clearPartition(partition);
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
    for (const load of this.#loads.get(partition) ?? []) {
      // Its runner may have died while the copy was under way; nobody would ever hand in the result.
      if (this.#present(originOf(load.token))) this.#engine.loads.adopt(load);
    }
    this.#loads.delete(partition);
  }

  demote(partition: number): void {
    this.#parted.delete(partition);
    this.#engine.handOver(partition, this.#copies);
  }

  discard(partition: number): void {
    this.#copies.clearPartition(partition);
    this.#loads.delete(partition);
  }

  drop(partition: number): void {
    this.#parted.delete(partition);
    this.#engine.forget(partition);
  }

  /**
   * Empty if the value cannot be encoded, or is too large to be sent: it was put while this node was alone, and cannot
   * follow. That is reported.
   */
  #written(entry: Readonly<Entry>): [CacheRecord] | [] {
    const now = this.#engine.clock.now();
    const remaining = entry.expires === Number.POSITIVE_INFINITY ? null : entry.expires - now;
    const { key, hash, version, ttl, modified, staleFor, tags } = entry;
    try {
      const value = this.#values.encoded(entry.value);
      return [['write', key, hash, value, version, now - modified, remaining, ttl, staleFor, tags]];
    } catch (error) {
      this.#engine.events.error(error);
      return [];
    }
  }

  #write(record: CacheRecord & readonly ['write', ...unknown[]]): void {
    const [, key, hash, value, version, age, remaining, ttl, staleFor, tags] = record;
    const now = this.#engine.clock.now();
    const expires = remaining === null ? Number.POSITIVE_INFINITY : now + remaining;
    const changed = { value, version, modified: now - age, expires, ttl, staleFor, tags };
    const entry = this.#copies.find(key, hash);
    if (entry === undefined) this.#copies.insert({ key, hash, ...changed });
    else Object.assign(entry, changed);
  }
}
