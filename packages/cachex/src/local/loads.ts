import { identityOf, type Key, partitionOf } from '@cachex/router/hash';
import type { CacheError } from '../errors.ts';
import type { Loader } from '../functions.ts';
import { readOutcome } from '../outcome.ts';
import type { Engine } from './engine.ts';
import { ownKey } from './store.ts';

/** What tells one load from every other: its token is never given again by the same engine. */
export interface Load {
  readonly key: Key;
  readonly hash: number;
  readonly token: number;
}

/** Stores a load's result, unless the load was overtaken. Awaited before the load's waiters are answered. */
export type CommitLoad = (load: Load, held: unknown, ttl: number | null | undefined) => void | Promise<void>;

/** Options of one fetch. */
export interface LoadOptions {
  /** For a result that brings none of its own; `undefined`: the cache's default. */
  readonly ttl?: number | null;
}

interface Flight extends Load {
  readonly controller: AbortController;
  readonly promise: Promise<unknown>;
  readonly resolve: (held: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Its result may not be stored any more: the key was changed meanwhile, or this load is done. */
  overtaken: boolean;
}

type Flights = Map<ReturnType<typeof identityOf>, Flight>;

/**
 * Single flight: at most one load runs for a key, and everyone who asks meanwhile waits for it. A change to the key that
 * overtakes a running load wins: the load still answers its waiters, but it is forgotten here at once, so that nothing is
 * stored and the next fetch loads anew.
 */
export class Loads {
  readonly #partitions: number;
  readonly #commit: CommitLoad;
  /** Those whose result may still be stored; by partition, so that clearing one does not look through the rest. */
  readonly #flights = new Map<number, Flights>();
  #current = 0;
  /** Those, and the overtaken ones that still have waiters. */
  readonly #running = new Set<Flight>();
  #tokens = 0;

  constructor(partitions: number, commit: CommitLoad) {
    this.#partitions = partitions;
    this.#commit = commit;
  }

  /** How many loads are in flight, overtaken ones included. */
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
    const flight = this.#begin(key, hash);
    void this.#run(engine, flight, loader, options.ttl);
    return flight.promise;
  }

  /** Whether this load's result may still be stored. */
  isCurrent(load: Load): boolean {
    return this.#find(load.key, load.hash)?.token === load.token;
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

  /** Aborts every load and rejects its waiters with `reason`. */
  close(reason: CacheError): void {
    for (const flight of this.#running) {
      this.#forget(flight);
      flight.reject(reason);
      flight.controller.abort(reason);
    }
  }

  #find(key: Key, hash: number): Flight | undefined {
    if (this.#current === 0) return undefined;
    return this.#flights.get(partitionOf(hash, this.#partitions))?.get(identityOf(key));
  }

  #begin(key: Key, hash: number): Flight {
    let resolve: (held: unknown) => void = () => {};
    let reject: (error: unknown) => void = () => {};
    const promise = new Promise<unknown>((accept, refuse) => {
      resolve = accept;
      reject = refuse;
    });
    const controller = new AbortController();
    this.#tokens += 1;
    const token = this.#tokens;
    const flight: Flight = {
      key: ownKey(key),
      hash,
      token,
      controller,
      promise,
      resolve,
      reject,
      overtaken: false,
    };
    const partition = partitionOf(hash, this.#partitions);
    let flights = this.#flights.get(partition);
    if (flights === undefined) {
      flights = new Map();
      this.#flights.set(partition, flights);
    }
    flights.set(identityOf(key), flight);
    this.#current += 1;
    this.#running.add(flight);
    return flight;
  }

  async #run(
    engine: Engine,
    flight: Flight,
    loader: Loader<Key, unknown>,
    ttl: number | null | undefined,
  ): Promise<void> {
    try {
      const outcome = readOutcome(await loader(flight.key, { signal: flight.controller.signal }));
      const held = outcome.store || outcome.value !== undefined ? engine.hold(outcome.value) : undefined;
      if (outcome.store && !flight.overtaken) {
        await this.#store(engine, flight, held, outcome.ttl === undefined ? ttl : outcome.ttl);
      }
      flight.resolve(held);
    } catch (error) {
      flight.reject(error);
    } finally {
      this.#forget(flight);
      this.#running.delete(flight);
    }
  }

  /** That a result could not be stored is no reason to keep it from those who wait for it. */
  async #store(engine: Engine, flight: Flight, held: unknown, ttl: number | null | undefined): Promise<void> {
    try {
      await this.#commit(flight, held, ttl);
    } catch (error) {
      engine.events.error(error);
    }
  }

  #forget(flight: Flight): void {
    if (flight.overtaken) return;
    flight.overtaken = true;
    this.#current -= 1;
    const partition = partitionOf(flight.hash, this.#partitions);
    const flights = this.#flights.get(partition);
    flights?.delete(identityOf(flight.key));
    if (flights?.size === 0) this.#flights.delete(partition);
  }
}
