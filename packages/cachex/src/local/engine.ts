import type { Clock, Random } from '@cachex/router';
import { hashKey, type Key } from '@cachex/router/hash';
import { type AnyCommands, Commands } from '../commands.ts';
import type { Files } from '../disk/files.ts';
import { CacheError } from '../errors.ts';
import { Functions, type MixedFunctionMap } from '../functions.ts';
import type { Traits } from '../portable.ts';
import { Events } from './events.ts';
import { Expiry } from './expiry.ts';
import type { Load } from './flights.ts';
import { type HookSettings, Hooks } from './hooks.ts';
import { defaultLoadLease } from './load-lease.ts';
import type { LoadResult } from './loader-runs.ts';
import { Loads, type LoadsSettings } from './loads.ts';
import { type KeyRef, type LockChange, Locks, type LocksSettings } from './locks.ts';
import { Statistics } from './statistics.ts';
import { type Entry, isOver, ownKey, Store } from './store.ts';
import { TagIndex } from './tags.ts';
import { type CommitUpdate, commitUpdate, Updates } from './updates.ts';
import type { ValueForm } from './value-form.ts';
import { type WarmerSettings, Warmers, type WarmingPlace } from './warmers.ts';

/** One change to the entries of an engine, told in the order they happen. */
export type Change =
  /** The entry is new, or something of it changed. The record itself: read it at once, it goes on changing. */
  | { readonly type: 'write'; readonly entry: Readonly<Entry> }
  | { readonly type: 'remove'; readonly key: Key; readonly hash: number }
  /** Its time has come, and somebody was told so; it is kept as a stale one. */
  | { readonly type: 'lapse'; readonly key: Key; readonly hash: number }
  | { readonly type: 'clear'; readonly partition: number }
  | LockChange
  /** What is known of the runs of a warmer is another now. */
  | { readonly type: 'warmer'; readonly name: string; readonly hash: number };

/** What may be written with an entry beside its value and time to live. */
export interface Keeping {
  /** In ms; see {@link Entry}. Default: 0. */
  readonly staleFor?: number | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** Everything an engine is made of; nothing is looked up elsewhere. */
export interface EngineSettings {
  /** The name of the cache, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** A power of two. */
  readonly partitions: number;
  readonly values: ValueForm;
  /** Default time to live in ms, `null` for ever. */
  readonly ttl: number | null;
  readonly expiration: {
    /** Milliseconds between sweeps; `false` never sweeps. */
    readonly interval: number | false;
    /** Whether a read that finds an expired entry removes it; if not, only the sweep does. */
    readonly lazy: boolean;
    /** By how much the default time to live is shortened at random, from 0 to 1. */
    readonly jitter: number;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the types of keys and values end at the facade.
  readonly functions: MixedFunctionMap<any, unknown>;
  readonly commands?: AnyCommands;
  readonly stats: boolean;
  /** None unless set. */
  readonly hooks?: readonly HookSettings[];
  /** None unless set. */
  readonly warmers?: readonly WarmerSettings[];
  /** Where the runs of warmers are decided upon; in this engine unless set. */
  readonly warming?: WarmingPlace;
  /** Told of every change, after it was made. */
  readonly changed?: (change: Change) => void;
  /** Told of what was to be removed and is not there. */
  readonly missed?: (key: KeyRef) => void;
  /** Where dumps are written and read; the disk of this process unless set. */
  readonly files?: Files | undefined;
  /** How loads end where the key may be at another node by then; all of it stays in this engine unless set. */
  readonly loads?: Partial<Omit<LoadsSettings, 'partitions'>>;
  /** Where the keys of transactions are locked; without it they cannot be. */
  readonly locks?: LocksSettings;
  /** How asynchronous updates end where the key may be at another node by then; in this engine unless set. */
  readonly commitUpdate?: CommitUpdate;
  /**
   * Where versions begin. Engines whose entries come to each other begin at random, so that none gives a key a version
   * that it had elsewhere. Default: 0.
   */
  readonly firstVersion?: number;
  /** Where the entries are, and who counts, if that is not the engine's own. */
  readonly over?: {
    readonly store: Store;
    readonly statistics: Statistics | undefined;
    readonly hooks: Hooks | undefined;
  };
}

/** The one owner of a cache's entries in this process: whatever changes them goes through here. Synchronous. */
export class Engine {
  readonly name: string;
  readonly clock: Clock;
  readonly store: Store;
  /** Every partition: what a merged action covers where nothing is shared with other nodes. */
  readonly partitions: readonly number[];
  readonly values: ValueForm;
  readonly files: Files | undefined;
  readonly functions: Functions;
  readonly commands: Commands;
  readonly loads: Loads;
  /** `undefined` where nothing has to be locked: everything happens in one process, at once. */
  readonly locks: Locks | undefined;
  readonly updates: Updates;
  readonly expiry: Expiry;
  readonly events: Events;
  /** `undefined` unless there are some. */
  readonly hooks: Hooks | undefined;
  /** `undefined` unless there are some. */
  readonly warmers: Warmers | undefined;
  /** `undefined` unless statistics are on. */
  readonly statistics: Statistics | undefined;
  closed = false;
  #ending: AbortController | undefined;
  readonly #settings: EngineSettings;
  readonly #changed: ((change: Change) => void) | undefined;
  readonly #tags: TagIndex;
  /** Stale entries whose copies know that their time has come. */
  readonly #lapsed = new WeakSet<Entry>();
  #version: number;

  constructor(settings: EngineSettings) {
    const { name, clock, partitions, functions, changed, over } = settings;
    this.#settings = settings;
    this.#version = settings.firstVersion ?? 0;
    this.#changed = changed;
    this.name = name;
    this.clock = clock;
    this.store = over?.store ?? new Store(partitions);
    this.partitions = Array.from({ length: partitions }, (_, partition) => partition);
    this.values = settings.values;
    this.files = settings.files;
    this.functions = new Functions(name, functions);
    this.commands = new Commands(name, settings.commands ?? {});
    this.#tags = new TagIndex(partitions);
    this.loads = new Loads({
      clock,
      lease: defaultLoadLease,
      origin: '',
      settle: (load, result) => void this.loads.settle(this, load.token, result),
      reconsider: () => closedError(name),
      ...settings.loads,
      partitions,
    });
    this.locks =
      settings.locks === undefined
        ? undefined
        : new Locks(settings.locks, partitions, (change) => this.#changed?.(change));
    this.updates = new Updates(settings.commitUpdate ?? ((update) => commitUpdate(this, update)));
    this.events = new Events((event, args) => this.hooks?.served(event, args));
    this.hooks = over === undefined ? this.#makeHooks(settings) : over.hooks;
    this.warmers = over === undefined ? this.#makeWarmers(settings) : undefined;
    this.statistics = over === undefined && settings.stats ? new Statistics() : over?.statistics;
    this.expiry = new Expiry({
      clock,
      store: this.store,
      interval: settings.expiration.interval,
      expire: (entry) => this.#expire(entry),
      swept: (report) => this.events.swept(report),
    });
  }

  /** The options in force. */
  get options(): Pick<EngineSettings, 'ttl' | 'expiration' | 'stats'> {
    const { ttl, expiration, stats } = this.#settings;
    return { ttl, expiration, stats };
  }

  /** The live entry of `key`. This counts as a use of it. */
  find(key: Key, hash: number): Entry | undefined {
    return this.peek(key, hash);
  }

  /** The live entry of `key`, without this counting as a use. */
  peek(key: Key, hash: number): Entry | undefined {
    const entry = this.store.find(key, hash);
    // Only an entry that can expire is worth a look at the clock.
    if (entry === undefined || entry.expires === Number.POSITIVE_INFINITY) return entry;
    if (entry.expires > this.clock.now()) return entry;
    if (entry.staleFor > 0 && !isOver(entry, this.clock.now())) {
      this.#lapse(entry);
      return undefined;
    }
    if (!this.#settings.expiration.lazy) {
      // Whoever takes this partition over must not find it again: it has expired for those who asked.
      this.#changed?.({ type: 'remove', key: entry.key, hash: entry.hash });
      return undefined;
    }
    this.#expire(entry);
    // Whoever was told of it may have put the key again; a caller that took it for absent would overwrite that.
    return this.store.find(key, hash);
  }

  /** The entry of `key` that has expired but is kept; there is none where there is a live one. */
  findStale(key: Key, hash: number): Entry | undefined {
    const entry = this.store.find(key, hash);
    if (entry === undefined || entry.staleFor === 0) return undefined;
    const now = this.clock.now();
    return entry.expires > now || isOver(entry, now) ? undefined : entry;
  }

  /**
   * Stores a held value with a new expiry; `ttl` in ms, `null` for ever, `undefined` for the cache's default. What else an
   * entry had that was there, is gone.
   */
  write(key: Key, hash: number, held: unknown, ttl?: number | null, keeping: Keeping = nothingElse): Entry {
    const now = this.clock.now();
    const life = ttl === undefined ? this.defaultTtl() : ttl;
    const expires = life === null ? Number.POSITIVE_INFINITY : now + life;
    return this.#put(key, hash, held, now, expires, life, keeping);
  }

  /** Stores a held value as it was somewhere else, with its age and what is left of its time. */
  restore(hash: number, held: unknown, [key, age, remaining, ttl, staleFor, tags]: Traits): Entry {
    const now = this.clock.now();
    const expires = remaining === null ? Number.POSITIVE_INFINITY : now + remaining;
    return this.#put(key, hash, held, now - age, expires, ttl, { staleFor, tags });
  }

  #put(
    key: Key,
    hash: number,
    held: unknown,
    modified: number,
    expires: number,
    life: number | null,
    { staleFor = 0, tags }: Keeping,
  ): Entry {
    this.loads.overtake(key, hash);
    this.locks?.overtake(key);
    let entry = this.store.find(key, hash);
    this.#version += 1;
    if (entry === undefined) {
      entry = {
        key: ownKey(key),
        hash,
        value: held,
        version: this.#version,
        modified,
        expires,
        ttl: life,
        staleFor,
        tags,
      };
      this.store.insert(entry);
    } else {
      this.#tags.remove(entry);
      if (entry.staleFor > 0) this.#lapsed.delete(entry);
      entry.value = held;
      entry.version = this.#version;
      entry.modified = modified;
      entry.expires = expires;
      entry.ttl = life;
      entry.staleFor = staleFor;
      entry.tags = tags;
    }
    if (tags !== undefined) this.#tags.add(entry);
    if (expires !== Number.POSITIVE_INFINITY) this.expiry.arm();
    this.#changed?.({ type: 'write', entry });
    return entry;
  }

  /** Gives a live entry a new held value and leaves its expiry. */
  replace(entry: Entry, held: unknown): void {
    // One that was forced runs although there is an entry.
    this.loads.overtake(entry.key, entry.hash);
    this.locks?.overtake(entry.key);
    this.#version += 1;
    entry.value = held;
    entry.version = this.#version;
    entry.modified = this.clock.now();
    this.#changed?.({ type: 'write', entry });
  }

  /** Marks a live entry as modified now; its value, version and expiry stay. */
  touch(entry: Entry): void {
    this.locks?.overtake(entry.key);
    entry.modified = this.clock.now();
    this.#changed?.({ type: 'write', entry });
  }

  /** Gives a live entry a time to live from now, in ms, or none; its value and version stay. `own`: where it began with more. */
  setExpiry(entry: Entry, ttl: number | null, own: number | null = ttl): void {
    this.loads.overtake(entry.key, entry.hash);
    this.locks?.overtake(entry.key);
    entry.ttl = own;
    entry.expires = ttl === null ? Number.POSITIVE_INFINITY : this.clock.now() + ttl;
    if (ttl !== null) this.expiry.arm();
    this.#changed?.({ type: 'write', entry });
  }

  /** Removes a live entry. */
  remove(entry: Entry): void {
    this.loads.overtake(entry.key, entry.hash);
    this.locks?.overtake(entry.key);
    this.#drop(entry);
  }

  /** Removes whatever `key` has, a load in flight included; returns whether there was a live entry. */
  discard(key: Key, hash: number): boolean {
    return this.take(key, hash) !== undefined;
  }

  /** Removes whatever `key` has, a load in flight included; returns the live entry that there was. */
  take(key: Key, hash: number): Entry | undefined {
    this.loads.overtake(key, hash);
    this.locks?.overtake(key);
    const entry = this.peek(key, hash);
    // A stale one is none, but it must not be answered any more.
    const present = entry ?? this.findStale(key, hash);
    if (present !== undefined) this.#drop(present);
    else this.#settings.missed?.({ key, hash });
    return entry;
  }

  /** Removes everything a partition has, loads in flight included; returns how many entries were in memory. */
  clear(partition: number): number {
    this.loads.overtakePartition(partition);
    this.locks?.overtakePartition(partition);
    const removed = this.store.clearPartition(partition);
    this.#tags.clear(partition);
    if (this.store.length === 0) this.expiry.disarm();
    this.#changed?.({ type: 'clear', partition });
    return removed;
  }

  /**
   * Removes every entry of a partition that carries a tag; returns how many were live. Loads in flight whose results carry
   * it are not stored, nor is what transactions have staged with it.
   */
  invalidateTag(partition: number, tag: string): number {
    this.loads.invalidate(partition, tag);
    this.locks?.invalidate(partition, tag);
    const now = this.clock.now();
    let removed = 0;
    for (const entry of this.#tags.find(partition, tag)) {
      if (entry.expires > now) removed += 1;
      this.remove(entry);
    }
    return removed;
  }

  /** Removes and reports what has expired in a partition and is not kept; returns how many entries that were. */
  purge(partition: number): number {
    const now = this.clock.now();
    let removed = 0;
    for (const entry of this.store.entries(partition)) {
      if (!isOver(entry, now)) continue;
      removed += 1;
      this.#expire(entry);
    }
    return removed;
  }

  /** Stores what a load found. */
  storeLoaded({ key, hash }: Load, result: LoadResult & { readonly kind: 'loaded' }): void {
    // A transaction that has locked the key meanwhile has seen that there was no value.
    if (this.closed || this.locks?.blocks(key, 'write') === true) return;
    this.write(key, hash, result.held, result.ttl, result);
    this.statistics?.add('writes');
  }

  /** The partition is this engine's now: it takes over a copy of its entries. */
  takeOver(partition: number, copy: Store): void {
    for (const entry of copy.entries(partition)) {
      if (entry.expires !== Number.POSITIVE_INFINITY) this.expiry.arm();
      // The same record may have been here before, and was written elsewhere since.
      if (entry.staleFor > 0) this.#lapsed.delete(entry);
    }
    this.store.take(partition, copy);
    this.#tags.rebuild(partition, this.store);
  }

  /**
   * This cache over a few entries apart from its own, for a transaction; `changed` is told which were changed, or were to be
   * removed. Nothing expires there but for those who look, and nothing is counted.
   */
  apart(changed: (key: KeyRef) => void): Engine {
    const { name, clock, random, values, ttl, expiration, functions, commands } = this.#settings;
    return new Engine({
      ...{ name, clock, random, values, ttl, functions },
      ...(commands === undefined ? {} : { commands }),
      partitions: 1,
      expiration: { interval: false, lazy: false, jitter: expiration.jitter },
      stats: false,
      changed(change) {
        if (change.type === 'write') changed(change.entry);
        else if (change.type === 'remove') changed(change);
      },
      missed: changed,
    });
  }

  /** This cache over copies of entries that another engine owns: it reads them as they are, and removes nothing. */
  reading(copies: Store): Engine {
    const { changed: _, locks: __, ...settings } = this.#settings;
    return new Engine({
      ...settings,
      expiration: { interval: false, lazy: false, jitter: 0 },
      over: { store: copies, statistics: this.statistics, hooks: this.hooks },
    });
  }

  /** The partition is another engine's now, and what it has here goes on as a copy of that. */
  handOver(partition: number, copy: Store): void {
    this.loads.depart(partition);
    this.warmers?.depart(partition);
    copy.take(partition, this.store);
    this.#tags.clear(partition);
    if (this.store.length === 0) this.expiry.disarm();
  }

  /** The partition is not this engine's any more. Nothing is removed in the sense of `changed`: it lives on elsewhere. */
  forget(partition: number): void {
    this.loads.depart(partition);
    this.warmers?.depart(partition);
    this.store.clearPartition(partition);
    this.#tags.clear(partition);
    if (this.store.length === 0) this.expiry.disarm();
  }

  /** Aborts when this is closed. */
  get signal(): AbortSignal {
    this.#ending ??= new AbortController();
    return this.#ending.signal;
  }

  /** Brings a value into the form in which it is stored. */
  hold(value: unknown): unknown {
    return this.values.hold(value);
  }

  /** Brings a stored value back into the form in which it was given. */
  open(held: unknown): unknown {
    return this.values.open(held);
  }

  /** Throws once the cache is closed: for work that goes on after its call has begun. */
  refuseClosed(): void {
    if (this.closed) throw closedError(this.name);
  }

  /** Stops the sweep, aborts loads and lets go of the entries. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#ending?.abort(closedError(this.name));
    this.expiry.close();
    this.warmers?.close(closedError(this.name));
    this.hooks?.close();
    this.loads.close(closedError(this.name));
    this.locks?.close(closedError(this.name));
    for (const partition of this.partitions) {
      this.store.clearPartition(partition);
      this.#tags.clear(partition);
    }
  }

  /** Removes a live entry to make room. */
  evict(entry: Entry): void {
    this.#drop(entry);
    this.statistics?.add('evictions');
    this.events.evicted(entry.key);
  }

  #makeHooks({ name, clock, hooks = [] }: EngineSettings): Hooks | undefined {
    if (hooks.length === 0) return undefined;
    return new Hooks({ name, clock, hooks, error: (error) => this.events.error(error) });
  }

  #makeWarmers({ name, clock, partitions, warmers = [], warming }: EngineSettings): Warmers | undefined {
    if (warmers.length === 0) return undefined;
    return new Warmers({
      ...{ name, clock, partitions, warmers },
      ...(warming === undefined ? {} : { place: warming }),
      changed: (warmer) => this.#changed?.({ type: 'warmer', name: warmer, hash: hashKey(warmer) }),
      error: (error) => this.events.error(error),
      warmed: (warmer, written) => this.events.warmed(warmer, written),
    });
  }

  #expire(entry: Entry): void {
    this.#drop(entry);
    this.statistics?.add('expirations');
    this.events.expired(entry.key);
  }

  /** Whoever takes this partition over must not take it for a live one: it has expired for those who asked. */
  #lapse(entry: Entry): void {
    if (this.#changed === undefined || this.#lapsed.has(entry)) return;
    this.#lapsed.add(entry);
    this.#changed({ type: 'lapse', key: entry.key, hash: entry.hash });
  }

  #drop(entry: Entry): void {
    this.store.remove(entry);
    this.#tags.remove(entry);
    this.#changed?.({ type: 'remove', key: entry.key, hash: entry.hash });
  }

  /** The time to live of an entry that is written without one. */
  defaultTtl(): number | null {
    const { ttl, expiration, random } = this.#settings;
    return ttl === null || expiration.jitter === 0 ? ttl : ttl * (1 - expiration.jitter * random());
  }
}

const nothingElse: Keeping = Object.freeze({});

/** What every call gets once the cache is closed. */
export function closedError(name: string): CacheError {
  return new CacheError('CLOSED', `cache '${name}' is closed`);
}
