import { type Key, partitionOf } from '@cachex/router/hash';
import type { Engine } from './engine.ts';
import type { SweepReport } from './expiry.ts';
import type { HookStatus } from './hooks.ts';
import { describeLimit, type LimitRecord } from './limit-options.ts';
import { none } from './store.ts';
import type { WarmerStatus } from './warmers.ts';

/** What `inspect('cache')` answers. */
export interface CacheRecord {
  readonly name: string;
  /** Entries in memory, expired ones included. */
  readonly size: number;
  /** The bytes of their keys and values, as its `limit` counts them; `null` without `limit.bytes`. */
  readonly bytes: number | null;
  readonly partitions: number;
  /** The options in force; times in ms. */
  readonly options: {
    readonly ttl: number | null;
    readonly expiration: {
      readonly interval: number | false;
      readonly lazy: boolean;
      readonly jitter: number;
    };
    readonly stats: boolean;
    readonly limit: LimitRecord | null;
    readonly functions: readonly string[];
  };
  readonly hooks: readonly HookStatus[];
  readonly warmers: readonly WarmerStatus[];
  /** Loads that are waited for here. */
  readonly loading: number;
}

/** What `inspect('entry', key)` answers: an entry as it lies in memory, expired or not. */
export interface RawEntry<K extends Key = Key, V = unknown> {
  readonly key: K;
  readonly value: V;
  /** How many bytes the value has, where it is kept in bytes. */
  readonly bytes: number | undefined;
  /** Grows with every new value. */
  readonly version: number;
  /** When it was last written or touched, in wall-clock ms since 1970. */
  readonly modified: number;
  /** When it expires or has expired, in wall-clock ms since 1970; `null` never. */
  readonly expires: number | null;
  /** Its own time to live in ms; `null` without one. */
  readonly ttl: number | null;
  /** For how many ms it is kept after it has expired, for `fetch`; 0 not at all. */
  readonly staleFor: number;
  readonly tags: readonly string[];
  readonly expired: boolean;
}

/** What `inspect('janitor')` answers: how expired entries are swept up. */
export interface JanitorRecord {
  /** The last sweep that has come to its end, if there was one. */
  readonly last: SweepReport | null;
  /** Milliseconds until the next one begins; `null` while nothing can expire, or without sweeps. */
  readonly next: number | null;
}

export function cacheRecord(engine: Engine): CacheRecord {
  const { name, store, options, hooks, warmers, loads, functions, partitions } = engine;
  const { ttl, expiration, stats, limit } = options;
  return {
    name,
    size: store.length,
    bytes: engine.limits?.bytes ?? null,
    partitions: partitions.length,
    options: {
      ttl,
      expiration: { ...expiration },
      stats,
      limit: describeLimit(limit),
      functions: functions.names,
    },
    hooks: hooks?.status() ?? [],
    warmers: warmers?.status() ?? [],
    loading: loads.running,
  };
}

export function entryRecord(engine: Engine, key: Key, hash: number): RawEntry | undefined {
  const slot = engine.store.find(key, hash);
  if (slot === none) return undefined;
  const { clock, values } = engine;
  const entry = engine.store.entry(slot);
  const ahead = clock.wallTime() - clock.now();
  return {
    key: entry.key,
    value: values.open(entry.value),
    bytes: values.size?.(entry.value),
    version: entry.version,
    modified: entry.modified + ahead,
    expires: entry.expires === Number.POSITIVE_INFINITY ? null : entry.expires + ahead,
    ttl: entry.ttl,
    staleFor: entry.staleFor,
    tags: entry.tags ?? [],
    expired: entry.expires <= clock.now(),
  };
}

/** The keys of the expired entries that are still in memory. */
export function expiredKeys({ clock, store, partitions }: Engine): Key[] {
  const now = clock.now();
  const keys: Key[] = [];
  for (const partition of partitions) {
    for (let slot = store.first(partition); slot !== none; slot = store.next(slot)) {
      if (store.expires(slot) <= now) keys.push(store.key(slot));
    }
  }
  return keys;
}

export function janitorRecord({ expiry }: Engine): JanitorRecord {
  return { last: expiry.lastRun ?? null, next: expiry.next };
}

/** What `explain(key)` answers: where a key lives, and why there. */
export interface Explanation {
  readonly key: Key;
  /** The 32 bits from which the partition follows. */
  readonly hash: number;
  readonly partition: number;
  /** How many partitions there are. */
  readonly partitions: number;
  /** The id of the node that answers for the key; `null` while there is none, and in one process. */
  readonly owner: string | null;
  /** The ids of the nodes that have an in-sync copy. */
  readonly backups: readonly string[];
  /** The epoch of the view that says so; 0 in one process. */
  readonly epoch: number;
  /** The epoch at which the partition last changed its owner. */
  readonly term: number;
  /** The epoch at which the data of the partition began. */
  readonly origin: number;
  /** What this node has of it. */
  readonly here: 'owner' | 'backup' | 'nothing';
  /** Whether there is a live entry, if this node is the owner. */
  readonly live: boolean | undefined;
  /** Milliseconds that the live entry has left, if this node is the owner; `null` for ever. */
  readonly remaining: number | null | undefined;
  /** The same in a sentence. */
  readonly why: string;
}

/** What is known of a key in this process alone. */
export function explainHere(engine: Engine, key: Key, hash: number): Explanation {
  const partitions = engine.partitions.length;
  const partition = partitionOf(hash, partitions);
  const { live, remaining } = lifeOf(engine, key, hash);
  const why = `partition ${partition} is the hash ${hash} modulo ${partitions}; cache '${engine.name}' is in one process, which has all partitions`;
  return {
    ...{ key, hash, partition, partitions, owner: null, backups: [], epoch: 0, term: 0, origin: 0 },
    ...{ here: 'owner', live, remaining, why },
  };
}

/** Whether there is a live entry, without touching it, and how long it has left. */
export function lifeOf(
  { store, clock }: Engine,
  key: Key,
  hash: number,
): { readonly live: boolean; readonly remaining: number | null | undefined } {
  const slot = store.find(key, hash);
  const left = slot === none ? 0 : store.expires(slot) - clock.now();
  if (left <= 0) return { live: false, remaining: undefined };
  return { live: true, remaining: left === Number.POSITIVE_INFINITY ? null : left };
}
