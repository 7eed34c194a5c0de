import type { Clock } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { CacheError } from '../errors.ts';
import type { Loader } from '../functions.ts';
import type { Engine } from './engine.ts';
import { type Flight, Flights, type Load, originOf } from './flights.ts';
import { ownKey } from './keys.ts';
import { LoadLease } from './load-lease.ts';
import { LoaderRuns, type LoadResult, type RunOptions } from './loader-runs.ts';
import { anyOf } from './tags.ts';

/** Hands the result of a load to whoever holds its key now. Awaited before those who wait for it are answered. */
export type SettleLoad = (load: Load, result: LoadResult) => void | Promise<void>;

/** Options of one fetch. */
export interface LoadOptions extends RunOptions {
  /** How long to wait for a refresh before a stale value is answered, in ms; 0 unless set. */
  readonly softTimeout?: number;
  /** Loads although there is a live entry. */
  readonly forceRefresh?: boolean;
}

/** A load in flight as another owner must know it. */
export interface MovingLoad extends Load {
  /** What is left of its lease, in ms, if it runs at a caller under one. */
  readonly lease?: number | undefined;
  /** The tags that were invalidated while it ran. */
  readonly invalidated?: readonly string[] | undefined;
}

/** What a fetch finds before anything is loaded. */
export type Found =
  | { readonly kind: 'value'; readonly held: unknown }
  /** Somebody loads already; with a stale value at hand, `answer` is that once the soft timeout has passed. */
  | { readonly kind: 'flight'; readonly token: string; readonly stale: unknown; readonly answer: unknown }
  /** Nobody does. */
  | { readonly kind: 'nothing'; readonly stale: unknown };

export interface LoadsSettings {
  readonly partitions: number;
  /** What leases are measured by. */
  readonly clock: Clock;
  /** How long a load of this node may go unheard of where it is waited for, in ms. */
  readonly lease: number;
  /** Names this node in tokens; no two nodes, and no two lives of a node, have the same. */
  readonly origin: string;
  readonly settle: SettleLoad;
  /** What those who wait for a load get when it moves away or is lost: their call must be judged again. */
  reconsider(): Error;
}

/** After so many invalidated tags a load is taken for overtaken, rather than remember more of them. */
const mostInvalidated = 1_000;
/** How many nodes that have gone are remembered. */
const mostGone = 1_000;

/**
 * Single flight: at most one load runs for a key, and everyone who asks meanwhile waits for it. A change to the key that
 * overtakes a running load wins: the load still answers its waiters, but it is forgotten here at once, so that nothing is
 * stored and the next fetch loads anew.
 *
 * When a partition moves, its loads go on where they run, and the new owner is told of them: whoever asks there waits as
 * well, and the result is handed to it. In the same way a load may run at a caller from the start, under a lease.
 */
export class Loads {
  readonly #settings: LoadsSettings;
  readonly #flights: Flights;
  readonly #runs = new LoaderRuns();
  /** Nodes that have gone, the last of them at the end: what they asked for before may still be waiting. */
  readonly #gone = new Set<string>();
  #tokens = 0;

  constructor(settings: LoadsSettings) {
    this.#settings = settings;
    this.#flights = new Flights(settings.partitions);
  }

  /** For how long the loads of this node ask the owners of their keys to wait for word of them, in ms. */
  get lease(): number {
    return this.#settings.lease;
  }

  /** How many loads are waited for here, overtaken ones included. */
  get running(): number {
    return this.#flights.size;
  }

  /** A load that begins here. */
  create(key: Key, hash: number): Load {
    this.#tokens += 1;
    return { key: ownKey(key), hash, token: `${this.#settings.origin}:${this.#tokens}` };
  }

  /** The held value of an entry, or that of a load: the one in flight for this key, or a new one. */
  fetch(
    engine: Engine,
    key: Key,
    hash: number,
    loader: Loader<Key, unknown>,
    options: LoadOptions = {},
  ): unknown | Promise<unknown> {
    const found = this.find(engine, key, hash, options);
    if (found.kind === 'value') return found.held;
    if (found.kind === 'flight') return found.answer;
    const flight = this.#flights.begin(this.create(key, hash), true);
    void this.#load(engine, flight, loader, options, found.stale !== undefined);
    return orStale(engine, flight, found.stale, options);
  }

  /** What there is of a key, and counts that. `forceRefresh` takes no entry for an answer, live or stale. */
  find(engine: Engine, key: Key, hash: number, options: LoadOptions): Found {
    const { forceRefresh = false } = options;
    const present = engine.read(key, hash);
    if (present === undefined) engine.statistics?.add('misses');
    else if (!forceRefresh) {
      engine.statistics?.add('hits');
      return { kind: 'value', held: present };
    }
    const stale = forceRefresh ? undefined : engine.readStale(key, hash);
    const flight = this.#flights.find(key, hash);
    if (flight === undefined) return { kind: 'nothing', stale };
    return { kind: 'flight', token: flight.token, stale, answer: orStale(engine, flight, stale, options) };
  }

  /**
   * Runs a loader for a load that is in flight at the owner of its key, wherever that is; see {@link LoaderRuns.run}. With a
   * stale value at hand nobody waits for it, so its failure is reported.
   */
  run(
    engine: Engine,
    load: Load,
    loader: Loader<Key, unknown>,
    options: RunOptions,
    refresh: boolean,
    handOver: (result: LoadResult) => void | Promise<void>,
  ): Promise<LoadResult> {
    engine.statistics?.add('loads');
    return this.#runs.run(engine, load, loader, options, (result) => {
      if (engine.closed) return;
      if (refresh && result.kind === 'failed') engine.events.error(result.error);
      return handOver(result);
    });
  }

  /** The loads of a partition whose results may still be stored: what another node must know to take over. */
  inFlight(partition: number): MovingLoad[] {
    return this.#flights.of(partition).map(({ key, hash, token, lease, invalidated }) => ({
      key,
      hash,
      token,
      lease: lease?.remaining,
      invalidated: invalidated === undefined ? undefined : [...invalidated],
    }));
  }

  /** Takes note of a load that runs elsewhere (or here, but its key was away and has come back). */
  adopt({ lease, invalidated, ...load }: MovingLoad): void {
    if (this.#gone.has(originOf(load.token))) return;
    const known = this.#flights.byToken(load.token);
    if (known?.overtaken === true) this.#flights.restore(known);
    const flight = known ?? this.#flights.begin(load, false);
    for (const tag of invalidated ?? []) this.#invalidated(flight, tag);
    if (lease === undefined || flight.lease !== undefined) return;
    flight.lease = new LoadLease(this.#settings.clock, lease, () => this.#lose(flight));
  }

  /** The load of that token goes on for so long; 0: it does not. Answers whether it is known. */
  renew(token: string, ms: number): boolean {
    const flight = this.#flights.byToken(token);
    if (flight === undefined || flight.own) return false;
    if (ms > 0) flight.lease?.renew(ms);
    else this.#lose(flight);
    return true;
  }

  /**
   * The result of a load whose key is here now. It is stored unless the load was overtaken, and answers those who wait
   * here for a load that runs elsewhere. Returns whether it was stored.
   */
  settle(engine: Engine, token: string, result: LoadResult): boolean {
    const flight = this.#flights.byToken(token);
    if (flight === undefined) return false;
    const stored =
      result.kind === 'loaded' &&
      result.store &&
      !flight.overtaken &&
      !anyOf(result.tags, flight.invalidated);
    if (stored) engine.storeLoaded(flight, result);
    this.#flights.overtake(flight);
    if (!flight.own) this.#answer(flight, result);
    return stored;
  }

  /** A change to `key` overtakes a load in flight. */
  overtake(key: Key, hash: number): void {
    const flight = this.#flights.find(key, hash);
    if (flight !== undefined) this.#flights.overtake(flight);
  }

  /** A change to every key of a partition overtakes its loads in flight. */
  overtakePartition(partition: number): void {
    for (const flight of this.#flights.of(partition)) this.#flights.overtake(flight);
  }

  /** What carries the tag is out of date, and so is what a load in flight may bring that carries it. */
  invalidate(partition: number, tag: string): void {
    for (const flight of this.#flights.of(partition)) this.#invalidated(flight, tag);
  }

  /** The partition has gone to another node. Loads that run here go on; who waits for others must ask there. */
  depart(partition: number): void {
    // Overtaken ones too: their results will look for their waiters at the new owner.
    for (const flight of this.#flights.everyOf(partition)) {
      if (!flight.own) this.#lose(flight);
      else if (!flight.overtaken) {
        this.#flights.overtake(flight);
        flight.departed = true;
      }
    }
  }

  /** Nodes have gone for good: the loads that ran there will not end. */
  lost(origins: readonly string[]): void {
    for (const origin of origins) this.#gone.add(origin);
    for (const origin of this.#gone) {
      if (this.#gone.size <= mostGone) break;
      this.#gone.delete(origin);
    }
    for (const flight of this.#flights.all()) {
      if (!flight.own && origins.includes(originOf(flight.token))) this.#lose(flight);
    }
  }

  /** Resolves when no load that was begun here is under way any more. */
  idle(): Promise<void> {
    return this.#runs.idle();
  }

  /** Aborts every load and rejects its waiters with `reason`. */
  close(reason: CacheError): void {
    for (const flight of this.#flights.all()) this.#answer(flight, { kind: 'failed', error: reason });
    this.#runs.close(reason);
  }

  async #load(
    engine: Engine,
    flight: Flight,
    loader: Loader<Key, unknown>,
    options: RunOptions,
    refresh: boolean,
  ): Promise<void> {
    const result = await this.run(engine, flight, loader, options, refresh, (outcome) => {
      // Whoever holds the key now decides: this node, unless the key went elsewhere while the loader ran.
      if (!flight.overtaken || flight.departed) return this.#settings.settle(flight, outcome);
    });
    this.#answer(flight, result);
  }

  #answer(flight: Flight, result: LoadResult): void {
    if (result.kind === 'loaded') flight.resolve(result.held);
    else flight.reject(result.error);
    this.#flights.end(flight);
  }

  #lose(flight: Flight): void {
    flight.reject(this.#settings.reconsider());
    this.#flights.end(flight);
  }

  #invalidated(flight: Flight, tag: string): void {
    flight.invalidated ??= new Set();
    flight.invalidated.add(tag);
    if (flight.invalidated.size > mostInvalidated) this.#flights.overtake(flight);
  }
}

/** What a load brings; or the stale value there is, if that takes too long or fails. */
function orStale(
  engine: Engine,
  { promise }: Flight,
  stale: unknown,
  { softTimeout = 0 }: LoadOptions,
): unknown | Promise<unknown> {
  if (stale === undefined) return promise;
  if (softTimeout === 0) return stale;
  return withinSoftTimeout(engine, promise, stale, softTimeout);
}

/** What `refresh` resolves with, if it does so in time; else the stale value. */
export function withinSoftTimeout<T>(engine: Engine, refresh: Promise<T>, stale: T, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = engine.clock.after(ms, () => resolve(stale));
    refresh.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error) => {
        timer.cancel();
        if (engine.closed) reject(error);
        else resolve(stale);
      },
    );
  });
}
