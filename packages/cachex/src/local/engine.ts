import type { Clock, Random } from '@cachex/router';
import { hashKey, type Key } from '@cachex/router/hash';
import { type AnyCommands, Commands } from '../commands.ts';
import type { Files } from '../disk/files.ts';
import { CacheError } from '../errors.ts';
import { Functions, type MixedFunctionMap } from '../functions.ts';
import type { Traits } from '../portable.ts';
import { type EngineClock, engineClock } from './clock.ts';
import { chunkBits, chunkMask } from './columns.ts';
import { Events } from './events.ts';
import { Expiry } from './expiry.ts';
import type { Load } from './flights.ts';
import { type HookSettings, Hooks } from './hooks.ts';
import { ownKey } from './keys.ts';
import type { CheckedLimit } from './limit-options.ts';
import { type HeapGauge, processHeap } from './limits/heap.ts';
import type { Limits } from './limits/limits.ts';
import { mostUses } from './limits/policy.ts';
import { Room } from './limits/room.ts';
import { defaultLoadLease } from './load-lease.ts';
import type { LoadResult } from './loader-runs.ts';
import { Loads, type LoadsSettings } from './loads.ts';
import { type KeyRef, type LockChange, Locks, type LocksSettings } from './locks.ts';
import { Removals } from './removals.ts';
import { Statistics } from './statistics.ts';
import { neverSpan, none, type Slot, Store, spanOf, spanShift } from './store.ts';
import { TagIndex } from './tags.ts';
import { type CommitUpdate, commitUpdate, Updates } from './updates.ts';
import type { ValueForm } from './value-form.ts';
import { type WarmerSettings, Warmers, type WarmingPlace } from './warmers.ts';

/** One change to the entries of an engine, told in the order they happen. */
export type Change =
  /** The entry is new, or something of it changed. It is at that slot of the store now, and perhaps not for long. */
  | { readonly type: 'write'; readonly hash: number; readonly slot: Slot }
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
  /** Without any unless set. */
  readonly limit?: CheckedLimit | undefined;
  /** What tells how full the heap is; that of this process unless set. */
  readonly heap?: HeapGauge;
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
  readonly clock: EngineClock;
  readonly store: Store;
  /** `undefined` unless there is one. */
  readonly limits: Limits | undefined;
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
  readonly #removals: Removals;
  #version: number;
  readonly #lastVersion: number;
  readonly #room: Room | undefined;
  readonly #ttl: number | null;
  readonly #jitter: number;
  readonly #countsInMarks: boolean;
  /** Whether most writes need no more than {@link #writeQuietly} does. */
  readonly #quiet: boolean;

  constructor(settings: EngineSettings) {
    const { name, partitions, functions, changed, over, firstVersion, limit } = settings;
    const clock = engineClock(settings.clock);
    this.#settings = settings;
    this.#ttl = settings.ttl;
    this.#jitter = settings.expiration.jitter;
    this.#version = firstVersion ?? 0;
    this.#lastVersion = firstVersion === undefined ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER;
    this.#changed = changed;
    this.name = name;
    this.clock = clock;
    this.store =
      over?.store ?? new Store(partitions, firstVersion !== undefined, (slots) => this.limits?.grow(slots));
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
    const hooked = over === undefined ? (settings.hooks ?? []).length > 0 : over.hooks !== undefined;
    this.events = new Events(hooked ? (event, args) => this.hooks?.served(event, args) : undefined);
    this.hooks = over === undefined ? this.#makeHooks(settings) : over.hooks;
    this.warmers = over === undefined ? this.#makeWarmers(settings) : undefined;
    this.statistics = over === undefined && settings.stats ? new Statistics() : over?.statistics;
    this.#room = limit === undefined || over !== undefined ? undefined : this.#makeRoom(limit, settings.heap);
    this.limits = this.#room?.limits;
    this.#quiet = this.limits?.bytes === undefined && changed === undefined && this.locks === undefined;
    this.#countsInMarks = this.limits?.policy.countsInMarks === true;
    this.#removals = new Removals({
      ...{ store: this.store, tags: this.#tags, limits: this.limits, statistics: this.statistics },
      ...{ events: this.events, changed, isLive: (slot) => this.#isLive(slot) },
    });
    this.expiry = new Expiry({
      clock,
      store: this.store,
      interval: settings.expiration.interval,
      expire: (slot) => this.#removals.expire(slot),
      swept: (report) => this.events.swept(report),
    });
  }

  /** The options in force. */
  get options(): Pick<EngineSettings, 'ttl' | 'expiration' | 'stats' | 'limit'> {
    const { ttl, expiration, stats, limit } = this.#settings;
    return { ttl, expiration, stats, limit };
  }

  /** The slot of the live entry of `key`, or `none`. This counts as a use of it. */
  find(key: Key, hash: number): Slot {
    const slot = this.peek(key, hash);
    if (slot !== none && this.limits !== undefined) this.limits.policy.used(slot);
    return slot;
  }

  /** The held value of the live entry of `key`, or `undefined`. This counts as a use of it. */
  read(key: Key, hash: number): unknown {
    const { store } = this;
    const slot = store.find(key, hash);
    if (slot === none) return undefined;
    // Whether it is live, and that it is used, is in the same place.
    const marks = store.marks.chunks[slot >>> chunkBits]!;
    const mark = marks[slot & chunkMask]!;
    if (!this.#isAhead(mark >>> spanShift) && store.expires(slot) <= this.clock.now()) {
      const back = this.#peekExpired(key, hash, slot);
      return back === none ? undefined : store.value(back);
    }
    if (this.#countsInMarks) {
      if ((mark & mostUses) !== mostUses) marks[slot & chunkMask] = mark + 1;
    } else this.limits?.policy.used(slot);
    return store.value(slot);
  }

  /** The held value of the entry of `key` that has expired but is kept, or `undefined`. */
  readStale(key: Key, hash: number): unknown {
    const slot = this.findStale(key, hash);
    return slot === none ? undefined : this.store.value(slot);
  }

  /** The version of the entry of `key`, live or not; `undefined` where there is none. */
  versionOf(key: Key, hash: number): number | undefined {
    const slot = this.store.find(key, hash);
    return slot === none ? undefined : this.store.version(slot);
  }

  /** The slot of the live entry of `key`, or `none`, without this counting as a use. */
  peek(key: Key, hash: number): Slot {
    const slot = this.store.find(key, hash);
    return slot === none || this.#isLive(slot) ? slot : this.#peekExpired(key, hash, slot);
  }

  /** The slot of the entry of `key` that has expired but is kept, or `none`; it is that where there is a live one. */
  findStale(key: Key, hash: number): Slot {
    const slot = this.store.find(key, hash);
    if (slot === none || this.store.staleFor(slot) === 0) return none;
    const now = this.clock.now();
    return this.store.expires(slot) > now || this.store.isOver(slot, now) ? none : slot;
  }

  /**
   * Stores a held value with a new expiry; `ttl` in ms, `null` for ever, `undefined` for the cache's default. What else an
   * entry had that was there, is gone.
   */
  write(key: Key, hash: number, held: unknown, ttl?: number | null, keeping: Keeping = nothingElse): Slot {
    const life = ttl === undefined ? this.defaultTtl() : ttl;
    // What is to live for a moment only would lose a part of it.
    const now = life !== null && life < shortLife ? this.clock.now() : this.clock.recent();
    if (this.#quiet && keeping === nothingElse && !this.events.heard)
      return this.#writeQuietly(key, hash, held, now, life);
    const slot = this.#put(key, hash, held);
    if (slot === none) return none;
    this.store.write(slot, held, this.#nextVersion(), now, life);
    const { staleFor, tags } = keeping;
    if (staleFor !== undefined || tags !== undefined)
      this.#keep(slot, hash, now, life === null ? Number.POSITIVE_INFINITY : now + life, life, keeping);
    if (life !== null) this.expiry.arm();
    this.#changed?.({ type: 'write', hash, slot });
    return slot;
  }

  /**
   * Fails where a value cannot be measured, and changes nothing: for who writes several of which all must be written, or
   * none. Only a function of the user's can fail.
   */
  checkSizes(entries: Iterable<readonly [key: Key, held: unknown]>): void {
    const { limits } = this;
    if (limits === undefined || this.#settings.limit?.sizeOf === undefined) return;
    for (const [key, held] of entries) limits.sizeOf(held, key);
  }

  /**
   * The way of most writes, in few steps: there is no limit, or one of entries alone, nobody copies what changes here, and
   * nobody is told what goes. It comes to the same as the other way.
   */
  #writeQuietly(key: Key, hash: number, held: unknown, now: number, life: number | null): Slot {
    const { store } = this;
    if (this.loads.running > 0) this.loads.overtake(key, hash);
    let slot = store.find(key, hash);
    if (slot === none) slot = this.#admitQuietly(key, hash);
    else {
      this.#removals.untag(slot);
      if (this.limits !== undefined) this.limits.policy.written(slot, 0);
    }
    store.write(slot, held, this.#nextVersion(), now, life);
    if (life !== null) this.expiry.arm();
    return slot;
  }

  /** Stores a held value as it was somewhere else, with its age and what is left of its time; returns its slot, if it has one. */
  restore(hash: number, held: unknown, [key, age, remaining, ttl, staleFor, tags]: Traits): Slot {
    const now = this.clock.now();
    const slot = this.#put(key, hash, held);
    if (slot === none) return none;
    this.store.setValue(slot, held, this.#nextVersion());
    const expires = remaining === null ? Number.POSITIVE_INFINITY : now + remaining;
    this.#keep(slot, hash, now - age, expires, ttl, { staleFor, tags });
    if (remaining !== null) this.expiry.arm();
    this.#changed?.({ type: 'write', hash, slot });
    return slot;
  }

  /** Gives a key a slot; its value and what else its entry is made of must follow at once. Returns it, if there is room for it. */
  #put(key: Key, hash: number, held: unknown): Slot {
    const room = this.#room;
    // It is the user's function that may measure, and fail: before anything has happened.
    const size = room === undefined ? 0 : room.limits.sizeOf(held, key);
    this.loads.overtake(key, hash);
    this.locks?.overtake(key);
    return room === undefined ? this.#place(key, hash) : this.#placeWithin(room, key, hash, size);
  }

  #keep(
    slot: Slot,
    hash: number,
    modified: number,
    expires: number,
    ttl: number | null,
    { staleFor, tags }: Keeping,
  ): void {
    this.store.setTraits(slot, modified, expires, ttl, staleFor, tags);
    if (tags !== undefined) this.#tags.add(slot, hash, tags);
  }

  /** Gives a live entry a new held value and leaves its expiry; answers whether there was room for it. */
  replace(slot: Slot, held: unknown): boolean {
    const { store, limits } = this;
    const key = store.key(slot);
    const hash = store.hash(slot);
    const size = limits === undefined ? 0 : limits.sizeOf(held, key);
    // One that was forced runs although there is an entry.
    this.loads.overtake(key, hash);
    this.locks?.overtake(key);
    if (limits !== undefined) {
      // What measures is the user's code, which may have removed it.
      if (limits.bytes !== undefined && store.find(key, hash) !== slot) return false;
      if (limits.tooLarge(size)) {
        this.evict(slot);
        return false;
      }
      // To make room, even this one may have been removed.
      if (this.#room!.makeForPresent(slot, key, hash, size) !== slot) return false;
      limits.written(slot, size);
    }
    store.setValue(slot, held, this.#nextVersion());
    store.setTraits(
      slot,
      this.clock.now(),
      store.expires(slot),
      store.ttl(slot),
      store.staleFor(slot),
      store.tags(slot),
    );
    this.#changed?.({ type: 'write', hash, slot });
    return true;
  }

  /** Marks a live entry as modified now; its value, version and expiry stay. */
  touch(slot: Slot): void {
    const { store } = this;
    this.locks?.overtake(store.key(slot));
    store.setTraits(
      slot,
      this.clock.now(),
      store.expires(slot),
      store.ttl(slot),
      store.staleFor(slot),
      store.tags(slot),
    );
    this.#changed?.({ type: 'write', hash: store.hash(slot), slot });
  }

  /** Gives a live entry a time to live from now, in ms, or none; its value and version stay. `own`: where it began with more. */
  setExpiry(slot: Slot, ttl: number | null, own: number | null = ttl): void {
    const { store } = this;
    const key = store.key(slot);
    this.loads.overtake(key, store.hash(slot));
    this.locks?.overtake(key);
    const expires = ttl === null ? Number.POSITIVE_INFINITY : this.clock.now() + ttl;
    store.setTraits(slot, store.modified(slot), expires, own, store.staleFor(slot), store.tags(slot));
    if (ttl !== null) this.expiry.arm();
    this.#changed?.({ type: 'write', hash: store.hash(slot), slot });
  }

  /** Removes a live entry. */
  remove(slot: Slot): void {
    const key = this.store.key(slot);
    this.loads.overtake(key, this.store.hash(slot));
    this.locks?.overtake(key);
    this.#removals.drop(slot);
  }

  /** Removes whatever `key` has, a load in flight included; returns whether there was a live entry. */
  discard(key: Key, hash: number): boolean {
    return this.take(key, hash) !== undefined;
  }

  /** Removes whatever `key` has, a load in flight included; returns the held value of the live entry that there was. */
  take(key: Key, hash: number): unknown {
    this.loads.overtake(key, hash);
    this.locks?.overtake(key);
    const slot = this.peek(key, hash);
    const held = slot === none ? undefined : this.store.value(slot);
    // A stale one is none, but it must not be answered any more.
    const present = slot === none ? this.findStale(key, hash) : slot;
    if (present !== none) this.#removals.drop(present);
    else this.#settings.missed?.({ key, hash });
    return held;
  }

  /** Removes everything a partition has, loads in flight included; returns how many entries were in memory. */
  clear(partition: number): number {
    this.loads.overtakePartition(partition);
    this.locks?.overtakePartition(partition);
    const removed = this.#empty(partition);
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
    for (const slot of this.#tags.find(partition, tag)) {
      if (this.store.expires(slot) > now) removed += 1;
      this.remove(slot);
    }
    return removed;
  }

  /** Removes and reports what has expired in a partition and is not kept; returns how many entries that were. */
  purge(partition: number): number {
    const now = this.clock.now();
    let removed = 0;
    for (const slot of this.store.walk(partition)) {
      if (!this.store.isOver(slot, now)) continue;
      removed += 1;
      this.#removals.expire(slot);
    }
    return removed;
  }

  /** Stores what a load found. */
  storeLoaded({ key, hash }: Load, result: LoadResult & { readonly kind: 'loaded' }): void {
    // A transaction that has locked the key meanwhile has seen that there was no value.
    if (this.closed || this.locks?.blocks(key, 'write') === true) return;
    try {
      this.write(key, hash, result.held, result.ttl, result);
    } catch (error) {
      // What there is no room for, or what cannot be measured, is still the answer to those who wait for it.
      this.events.error(error);
      return;
    }
    this.statistics?.add('writes');
  }

  /** The partition is this engine's now: it takes over a copy of its entries. */
  takeOver(partition: number, copy: Store): void {
    const { store, limits } = this;
    const sizes = this.#room?.measure(partition, copy);
    this.#empty(partition);
    store.take(partition, copy);
    this.#tags.clear(partition);
    for (let slot = store.first(partition); slot !== none; slot = store.next(slot)) {
      limits?.added(slot, sizes!.get(store.key(slot)) ?? 0);
      if (store.expires(slot) !== Number.POSITIVE_INFINITY) this.expiry.arm();
      const tags = store.tags(slot);
      if (tags !== undefined) this.#tags.add(slot, store.hash(slot), tags);
    }
    this.#room?.trim();
  }

  /**
   * This cache over a few entries apart from its own, for a transaction; `changed` is told which were changed, or were to be
   * removed. Nothing expires there but for those who look, and nothing is counted.
   */
  apart(changed: (key: KeyRef) => void): Engine {
    const { name, clock, random, values, ttl, expiration, functions, commands } = this.#settings;
    const apart = new Engine({
      ...{ name, clock, random, values, ttl, functions },
      ...(commands === undefined ? {} : { commands }),
      partitions: 1,
      expiration: { interval: false, lazy: false, jitter: expiration.jitter },
      stats: false,
      changed(change) {
        if (change.type === 'write') changed(apart.store.entry(change.slot));
        else if (change.type === 'remove') changed(change);
      },
      missed: changed,
    });
    return apart;
  }

  /** This cache over copies of entries that another engine owns: it reads them as they are, and removes nothing. */
  reading(copies: Store): Engine {
    const { changed: _, locks: __, limit: ___, ...settings } = this.#settings;
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
    this.#empty(partition, copy);
  }

  /** The partition is not this engine's any more. Nothing is removed in the sense of `changed`: it lives on elsewhere. */
  forget(partition: number): void {
    this.loads.depart(partition);
    this.warmers?.depart(partition);
    this.#empty(partition);
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
    this.#room?.close();
    this.warmers?.close(closedError(this.name));
    this.hooks?.close();
    this.loads.close(closedError(this.name));
    this.locks?.close(closedError(this.name));
    for (const partition of this.partitions) this.#empty(partition);
  }

  /** Removes an entry to make room; one that has expired but is kept is told of as expired. */
  evict(slot: Slot): void {
    this.#removals.evict(slot);
  }

  #makeRoom(limit: CheckedLimit, heap: HeapGauge = processHeap): Room {
    const { name, clock, store, values, events } = this;
    return new Room(
      {
        ...{ name, clock, store, values },
        heard: () => events.heard,
        remove: (slot) => this.#removals.makeWay(slot),
        refuseClosed: () => this.refuseClosed(),
        failed: (error) => events.error(error),
      },
      limit,
      heap,
    );
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

  /** The slot of a key that is about to be written: its own, or a new one. */
  #place(key: Key, hash: number): Slot {
    const { store } = this;
    const slot = store.find(key, hash);
    if (slot === none) return store.add(ownKey(key), hash);
    this.#removals.untag(slot);
    return slot;
  }

  /** The same within limits, once there is room; `none` if there never can be. */
  #placeWithin(room: Room, key: Key, hash: number, size: number): Slot {
    if (room.limits.tooLarge(size)) {
      this.#removals.evictUnwritten(key, hash);
      return none;
    }
    let slot = room.makeFor(key, hash, size);
    if (slot === none) {
      slot = this.store.add(ownKey(key), hash);
      room.added(slot, size);
    } else {
      this.#removals.untag(slot);
      room.limits.written(slot, size);
    }
    return slot;
  }

  /** A slot for a key that is not there. What is evicted leaves its own to what comes. */
  #admitQuietly(key: Key, hash: number): Slot {
    const { store } = this;
    const room = this.#room;
    if (room === undefined) return store.add(ownKey(key), hash);
    const { most, policy } = room.limits;
    if (store.length !== most) {
      // More than there may be is removed a little at a time.
      if (store.length > most) room.makeFor(key, hash, 0);
      const slot = store.add(ownKey(key), hash);
      room.added(slot, 0);
      return slot;
    }
    const slot = policy.evict();
    if (this.statistics !== undefined) this.statistics.add(this.#isLive(slot) ? 'evictions' : 'expirations');
    this.#removals.untag(slot);
    store.exchange(slot, ownKey(key), hash);
    room.exchanged(slot);
    return slot;
  }

  /**
   * Whether the time of an entry is still to come. Only if it can expire, time is looked at; and only if it does so in this
   * span of four seconds or the next, exactly: the answer is right unless the thread was held up for so long between two
   * looks at the clock.
   */
  #isLive(slot: Slot): boolean {
    return this.#isAhead(this.store.span(slot)) || this.store.expires(slot) > this.clock.now();
  }

  /** Whether a span of expiry is later than this and the next. */
  #isAhead(span: number): boolean {
    return span === neverSpan || span > spanOf(this.clock.recent()) + 1;
  }

  #peekExpired(key: Key, hash: number, slot: Slot): Slot {
    const { store } = this;
    if (store.staleFor(slot) > 0 && !store.isOver(slot, this.clock.now())) {
      this.#removals.lapse(slot);
      return none;
    }
    if (!this.#settings.expiration.lazy) {
      // Whoever takes this partition over must not find it again: it has expired for those who asked.
      this.#changed?.({ type: 'remove', key: store.key(slot), hash: store.hash(slot) });
      return none;
    }
    this.#removals.expire(slot);
    // Whoever was told of it may have put the key again; a caller that took it for absent would overwrite that.
    return store.find(key, hash);
  }

  /** Forgets what a partition has here, or gives it to another store; returns how much it was. */
  #empty(partition: number, into?: Store): number {
    const count = this.#removals.empty(partition, into);
    if (this.store.length === 0) this.expiry.disarm();
    return count;
  }

  #nextVersion(): number {
    this.#version = this.#version >= this.#lastVersion ? 1 : this.#version + 1;
    return this.#version;
  }

  /** The time to live of an entry that is written without one. */
  defaultTtl(): number | null {
    const ttl = this.#ttl;
    const jitter = this.#jitter;
    return ttl === null || jitter === 0 ? ttl : Math.ceil(ttl * (1 - jitter * this.#settings.random()));
  }
}

const nothingElse: Keeping = Object.freeze({});

/** In ms: an entry that lives shorter is given its time by an exact clock. */
const shortLife = 10_000;

/** What every call gets once the cache is closed. */
export function closedError(name: string): CacheError {
  return new CacheError('CLOSED', `cache '${name}' is closed`);
}
