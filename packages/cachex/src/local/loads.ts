import { identityOf, type Key, partitionOf } from '@cachex/router/hash';
import type { CacheError } from '../errors.ts';
import type { Loader } from '../functions.ts';
import { readOutcome } from '../outcome.ts';
import type { Engine } from './engine.ts';
import { ownKey } from './store.ts';

/** One load, wherever it runs. */
export interface Load {
  readonly key: Key;
  readonly hash: number;
  /** Tells it from every other load of every node: where it was begun, and a number. */
  readonly token: string;
}

/** Which node began the load with this token. */
export function originOf(token: string): string {
  return token.slice(0, token.lastIndexOf(':'));
}

/** How a load ended. */
export type LoadResult =
  | {
      readonly kind: 'loaded';
      readonly held: unknown;
      readonly store: boolean;
      readonly ttl: number | null | undefined;
    }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Hands the result of a load to whoever holds its key now. Awaited before those who wait for it are answered. */
export type SettleLoad = (load: Load, result: LoadResult) => void | Promise<void>;

/** Options of one fetch. */
export interface LoadOptions {
  /** For a result that brings none of its own; `undefined`: the cache's default. */
  readonly ttl?: number | null;
}

export interface LoadsSettings {
  readonly partitions: number;
  /** Names this node in tokens; no two nodes, and no two lives of a node, have the same. */
  readonly origin: string;
  readonly settle: SettleLoad;
  /** What those who wait for a load get when it moves away or is lost: their call must be judged again. */
  reconsider(): Error;
}

interface Flight extends Load {
  readonly promise: Promise<unknown>;
  readonly resolve: (held: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Aborts the loader, if it runs here; `undefined` if it runs at another node. */
  readonly controller: AbortController | undefined;
  /** Its result may not be stored any more: the key was changed meanwhile, or this load is done. */
  overtaken: boolean;
  /** Its key went to another node, which decides on the result from now on. */
  departed: boolean;
}

type Flights = Map<ReturnType<typeof identityOf>, Flight>;

/**
 * Single flight: at most one load runs for a key, and everyone who asks meanwhile waits for it. A change to the key that
 * overtakes a running load wins: the load still answers its waiters, but it is forgotten here at once, so that nothing is
 * stored and the next fetch loads anew.
 *
 * When a partition moves, its loads go on where they run, and the new owner is told of them: whoever asks there waits as
 * well, and the result is handed to it.
 */
export class Loads {
  readonly #settings: LoadsSettings;
  /** Those whose result may still be stored; by partition, so that clearing one does not look through the rest. */
  readonly #flights = new Map<number, Flights>();
  #current = 0;
  /** Those, and the ones that were overtaken or have departed and still have waiters; by token. */
  readonly #running = new Map<string, Flight>();
  #tokens = 0;
  #idle: (() => void)[] = [];

  constructor(settings: LoadsSettings) {
    this.#settings = settings;
  }

  /** How many loads are waited for here, overtaken ones included. */
  get running(): number {
    return this.#running.size;
  }

  /** The held value of a live entry, or that of a load: the one in flight for this key, or a new one. */
  fetch(
    engine: Engine,
    key: Key,
    hash: number,
    loader: Loader<Key, unknown>,
    options: LoadOptions = {},
  ): unknown | Promise<unknown> {
    const entry = engine.find(key, hash);
    engine.statistics?.add(entry === undefined ? 'misses' : 'hits');
    if (entry !== undefined) return entry.value;
    const inFlight = this.#find(key, hash);
    if (inFlight !== undefined) return inFlight.promise;
    engine.statistics?.add('loads');
    this.#tokens += 1;
    const token = `${this.#settings.origin}:${this.#tokens}`;
    const flight = this.#begin({ key: ownKey(key), hash, token }, new AbortController());
    void this.#run(engine, flight, loader, options.ttl);
    return flight.promise;
  }

  /** The loads of a partition whose results may still be stored: what another node must know to take over. */
  inFlight(partition: number): Load[] {
    return [...(this.#flights.get(partition)?.values() ?? [])].map(({ key, hash, token }) => ({
      key,
      hash,
      token,
    }));
  }

  /** Takes over a load that was begun elsewhere (or here, before its key went away and came back). */
  adopt(load: Load): void {
    const known = this.#running.get(load.token);
    if (known === undefined) {
      this.#begin(load, undefined);
    } else if (known.overtaken) {
      known.overtaken = false;
      known.departed = false;
      this.#index(known);
    }
  }

  /**
   * The result of a load whose key is here now. It is stored unless the load was overtaken, and answers those who wait
   * here for a load that runs elsewhere. Returns whether it was stored.
   */
  settle(engine: Engine, token: string, result: LoadResult): boolean {
    const flight = this.#running.get(token);
    if (flight === undefined) return false;
    const stored = result.kind === 'loaded' && result.store && !flight.overtaken;
    if (stored) engine.storeLoaded(flight, result.held, result.ttl);
    this.#forget(flight);
    if (flight.controller === undefined) this.#answer(flight, result);
    return stored;
  }

  /** A change to `key` overtakes a load in flight. */
  overtake(key: Key, hash: number): void {
    if (this.#current === 0) return;
    const flight = this.#find(key, hash);
    if (flight !== undefined) this.#forget(flight);
  }

  /** A change to every key of a partition overtakes its loads in flight. */
  overtakePartition(partition: number): void {
    for (const flight of this.#flights.get(partition)?.values() ?? []) this.#forget(flight);
  }

  /** The partition has gone to another node. Loads that run here go on; who waits for others must ask there. */
  depart(partition: number): void {
    for (const flight of [...(this.#flights.get(partition)?.values() ?? [])]) {
      this.#forget(flight);
      flight.departed = true;
    }
    // Overtaken ones too: their results will look for their waiters at the new owner.
    for (const flight of [...this.#running.values()]) {
      const here = partitionOf(flight.hash, this.#settings.partitions) === partition;
      if (here && flight.controller === undefined) this.#lose(flight);
    }
  }

  /** Nodes have gone for good: the loads that ran there will not end. */
  lost(origins: readonly string[]): void {
    for (const flight of [...this.#running.values()]) {
      if (flight.controller === undefined && origins.includes(originOf(flight.token))) this.#lose(flight);
    }
  }

  /** Resolves when no load that was begun here is under way any more. */
  async idle(): Promise<void> {
    while ([...this.#running.values()].some(({ controller }) => controller !== undefined)) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  /** Aborts every load and rejects its waiters with `reason`. */
  close(reason: CacheError): void {
    for (const flight of [...this.#running.values()]) {
      this.#answer(flight, { kind: 'failed', error: reason });
      flight.controller?.abort(reason);
    }
  }

  #find(key: Key, hash: number): Flight | undefined {
    if (this.#current === 0) return undefined;
    return this.#flights.get(partitionOf(hash, this.#settings.partitions))?.get(identityOf(key));
  }

  #begin(load: Load, controller: AbortController | undefined): Flight {
    let resolve: (held: unknown) => void = () => {};
    let reject: (error: unknown) => void = () => {};
    const promise = new Promise<unknown>((accept, refuse) => {
      resolve = accept;
      reject = refuse;
    });
    // Nobody may be waiting when it fails.
    promise.catch(() => {});
    const flight: Flight = {
      ...load,
      controller,
      promise,
      resolve,
      reject,
      overtaken: false,
      departed: false,
    };
    this.#running.set(load.token, flight);
    this.#index(flight);
    return flight;
  }

  async #run(
    engine: Engine,
    flight: Flight,
    loader: Loader<Key, unknown>,
    ttl: number | null | undefined,
  ): Promise<void> {
    let result: LoadResult;
    try {
      const outcome = readOutcome(await loader(flight.key, { signal: flight.controller!.signal }));
      const held = outcome.store || outcome.value !== undefined ? engine.hold(outcome.value) : undefined;
      const life = outcome.ttl === undefined ? ttl : outcome.ttl;
      result = { kind: 'loaded', held, store: outcome.store, ttl: life };
    } catch (error) {
      result = { kind: 'failed', error };
    }
    // Whoever holds the key now decides: this node, unless the key went elsewhere while the loader ran.
    if (!flight.overtaken || flight.departed) await this.#handOver(engine, flight, result);
    this.#answer(flight, result);
  }

  /** That a result could not be handed over is no reason to keep it from those who wait for it here. */
  async #handOver(engine: Engine, flight: Flight, result: LoadResult): Promise<void> {
    try {
      await this.#settings.settle(flight, result);
    } catch (error) {
      engine.events.error(error);
    }
  }

  #answer(flight: Flight, result: LoadResult): void {
    if (result.kind === 'loaded') flight.resolve(result.held);
    else flight.reject(result.error);
    this.#end(flight);
  }

  #lose(flight: Flight): void {
    flight.reject(this.#settings.reconsider());
    this.#end(flight);
  }

  #end(flight: Flight): void {
    this.#forget(flight);
    this.#running.delete(flight.token);
    const idle = this.#idle;
    this.#idle = [];
    for (const wake of idle) wake();
  }

  #index(flight: Flight): void {
    const partition = partitionOf(flight.hash, this.#settings.partitions);
    let flights = this.#flights.get(partition);
    if (flights === undefined) {
      flights = new Map();
      this.#flights.set(partition, flights);
    }
    flights.set(identityOf(flight.key), flight);
    this.#current += 1;
  }

  #forget(flight: Flight): void {
    if (flight.overtaken) return;
    flight.overtaken = true;
    const partition = partitionOf(flight.hash, this.#settings.partitions);
    const flights = this.#flights.get(partition);
    if (flights?.get(identityOf(flight.key)) !== flight) return;
    this.#current -= 1;
    flights.delete(identityOf(flight.key));
    if (flights.size === 0) this.#flights.delete(partition);
  }
}
