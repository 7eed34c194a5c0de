import { identityOf, type Key, partitionOf } from '@cachex/router/hash';
import type { LoadLease } from './load-lease.ts';

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

/** A load as it is waited for. */
export interface Flight extends Load {
  readonly promise: Promise<unknown>;
  readonly resolve: (held: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Whether whoever began it here answers it; if not, the result is handed in from somewhere else. */
  readonly own: boolean;
  /** How long it may still go unheard of, if it runs at a caller. */
  lease: LoadLease | undefined;
  /** Tags that were invalidated while it ran: a result that carries one of them is not stored. */
  invalidated: Set<string> | undefined;
  /** Its result may not be stored any more: the key was changed meanwhile, or this load is done. */
  overtaken: boolean;
  /** Its key went to another node, which decides on the result from now on. */
  departed: boolean;
}

type Current = Map<ReturnType<typeof identityOf>, Flight>;

/** The loads that are waited for at this node, found by key, by partition and by token. */
export class Flights {
  readonly #partitions: number;
  /** Those whose result may still be stored; by partition, so that clearing one does not look through the rest. */
  readonly #current = new Map<number, Current>();
  /** How many those are. */
  #currents = 0;
  /** Those, and the ones that were overtaken or have departed and still have waiters; by token. */
  readonly #running = new Map<string, Flight>();

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  get size(): number {
    return this.#running.size;
  }

  /** All of them; the list does not change while they do. */
  all(): Flight[] {
    return [...this.#running.values()];
  }

  byToken(token: string): Flight | undefined {
    return this.#running.get(token);
  }

  /** The load of a key whose result may still be stored. */
  find(key: Key, hash: number): Flight | undefined {
    if (this.#currents === 0) return undefined;
    return this.#current.get(this.#partitionOf(hash))?.get(identityOf(key));
  }

  /** The loads of a partition whose results may still be stored; the list does not change while they do. */
  of(partition: number): Flight[] {
    return this.#currents === 0 ? [] : [...(this.#current.get(partition)?.values() ?? [])];
  }

  /** All loads of a partition, overtaken ones included. */
  everyOf(partition: number): Flight[] {
    return this.all().filter(({ hash }) => this.#partitionOf(hash) === partition);
  }

  begin({ key, hash, token }: Load, own: boolean): Flight {
    let resolve: (held: unknown) => void = () => {};
    let reject: (error: unknown) => void = () => {};
    const promise = new Promise<unknown>((accept, refuse) => {
      resolve = accept;
      reject = refuse;
    });
    // Nobody may be waiting when it fails.
    promise.catch(() => {});
    const flight: Flight = {
      ...{ key, hash, token, own, promise, resolve, reject },
      lease: undefined,
      invalidated: undefined,
      overtaken: false,
      departed: false,
    };
    this.#running.set(token, flight);
    this.#index(flight);
    return flight;
  }

  /** Its result may be stored again: its key has come back. */
  restore(flight: Flight): void {
    flight.overtaken = false;
    flight.departed = false;
    this.#index(flight);
  }

  /** Its result may not be stored any more. Who waits goes on waiting. */
  overtake(flight: Flight): void {
    if (flight.overtaken) return;
    flight.overtaken = true;
    const partition = this.#partitionOf(flight.hash);
    const current = this.#current.get(partition);
    if (current?.get(identityOf(flight.key)) !== flight) return;
    this.#currents -= 1;
    current.delete(identityOf(flight.key));
    if (current.size === 0) this.#current.delete(partition);
  }

  /** It was answered, or given up. */
  end(flight: Flight): void {
    this.overtake(flight);
    flight.lease?.end();
    this.#running.delete(flight.token);
  }

  #index(flight: Flight): void {
    const partition = this.#partitionOf(flight.hash);
    let current = this.#current.get(partition);
    if (current === undefined) {
      current = new Map();
      this.#current.set(partition, current);
    }
    current.set(identityOf(flight.key), flight);
    this.#currents += 1;
  }

  #partitionOf(hash: number): number {
    return partitionOf(hash, this.#partitions);
  }
}
