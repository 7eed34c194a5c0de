import type { Clock } from './clock.ts';
import { RouterError } from './errors.ts';
import type { Link } from './notices.ts';

/** What a handler is told about the call beside its arguments. */
export interface CallContext {
  /** The hash of the key, for calls to the owner of a key; else 0. */
  readonly hash: number;
  /** The partitions to cover, for calls to partitions; else empty. */
  readonly partitions: Iterable<number>;
  /** The id of the node that calls; it may be this one. */
  readonly caller: string;
  /** The incarnation of that node. */
  readonly incarnation: string;
  /** When that node stops waiting, on the clock of this one. */
  readonly deadline: number;
  /** What the caller said with the call, from 0 to 3; see {@link Call}. */
  readonly hint: number;
  /** The way on which the caller can be told something later; none for calls of this node itself. */
  readonly link: Link | undefined;
  /**
   * What a handler that answers at once may set, to a number of 32 bits above zero: the caller gets it beside the result, but
   * only if that leaves now, in order with what the link is told. Of answers that have to wait, and of calls that are not
   * repeatable, it is dropped.
   */
  note: number | undefined;
}

/**
 * Answers one call, synchronously or by a promise. What it throws reaches the caller rebuilt.
 *
 * Up to its first `await` a handler runs while this node owns the key, and nobody else changes the partition. After that
 * the partition may be elsewhere: what it still has to change there, it changes by a call of its own.
 */
// biome-ignore lint/suspicious/noExplicitAny: handlers state their own argument types; the caller's side is typed elsewhere.
export type Handler = (context: CallContext, ...args: any[]) => unknown;

/** One piece of a partition's state or one change to it; anything the codec takes, `Encoded` values included. */
export type ReplicaRecord = readonly unknown[];

/**
 * The state behind a service, by partition, as it moves with ownership. The owner reads out a snapshot while it goes on
 * serving, and reports every later change in order on the same channel; the target
 * applies both to a copy of its own, which becomes what is served when it becomes the owner.
 *
 * A record must tell the state as it is when it is handed over, so that applying records in order gives that state.
 */
export interface Replica {
  /**
   * Everything the partition holds, piece by piece. The walk may pause while calls change what it walks over. With `pages` one
   * record may tell of many entries; without, the target is of a build whose `stage` may not know such records.
   */
  snapshot(partition: number, pages: boolean): Iterable<ReplicaRecord>;
  /** How many entries a record tells of. Default: one. */
  entriesIn?(record: ReplicaRecord): number;
  /**
   * What else must move, read once no call can change the partition any more: work in flight and who waits for it.
   * Default: nothing.
   */
  parting?(partition: number): Iterable<ReplicaRecord>;
  /** Applies a record to this node's copy of a partition that it does not own. */
  stage(partition: number, record: ReplicaRecord): void;
  /** This node owns the partition now: its copy becomes the state that is served. */
  promote(partition: number): void;
  /** Another node owns the partition now, and this one keeps what it served as its copy of that. */
  demote(partition: number): void;
  /** The copy will not be needed. */
  discard(partition: number): void;
  /** This node does not own the partition any more: forget what it served. */
  drop(partition: number): void;
}

/** What a node offers under one name. */
export interface Service {
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly replica?: Replica;
  /** Whether other nodes keep in-sync copies of its state, as many as the cluster wants. Default: `true`. */
  readonly backed?: boolean;
  /** Resolves when nothing that was begun here is under way any more; a node waits for it before it stops. */
  idle?(): Promise<void>;
  /** Nodes have gone for good: what was expected of them will not come. */
  lost?(incarnations: readonly string[]): void;
  /** Another node tells this one over its {@link Link} that something changes there under these hashes. */
  noticed?(from: string, hashes: readonly number[]): void;
  /** The link to another node has ended: that will not tell what it would have told over it. */
  parted?(from: string): void;
  /** A call of this node that may change something begins or has ended. It concerns one key, or these partitions. */
  changing?(handler: string, target: number | Iterable<number>): void;
}

/** The services open at this node. A call for one that is yet to be opened waits, within its deadline. */
export class Services {
  readonly #clock: Clock;
  readonly #open = new Map<string, Service>();
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(name: string, service: Service): void {
    // The empty name is that of records about copies themselves.
    if (name.length === 0 || Buffer.byteLength(name) > 255) {
      throw new RouterError('INVALID_OPTION', `'${name}' is not a service name: use 1 to 255 bytes`);
    }
    if (this.#open.has(name))
      throw new RouterError('INVALID_OPTION', `'${name}' is already open at this node`);
    this.#open.set(name, service);
    for (const wake of [...(this.#waiting.get(name) ?? [])]) wake();
  }

  remove(name: string): void {
    this.#open.delete(name);
  }

  get(name: string): Service | undefined {
    return this.#open.get(name);
  }

  all(): Iterable<Service> {
    return this.#open.values();
  }

  entries(): Iterable<[name: string, service: Service]> {
    return this.#open;
  }

  /** Ends every wait: whoever waits may have to wait elsewhere. */
  wake(): void {
    for (const waiting of [...this.#waiting.values()]) for (const wake of [...waiting]) wake();
  }

  /** Resolves once the service is opened, `ms` have passed, or {@link wake} was called. */
  opened(name: string, ms: number): Promise<void> {
    if (this.#open.has(name)) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name) ?? new Set();
      this.#waiting.set(name, waiting);
      const wake = (): void => {
        timer.cancel();
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(name);
        resolve();
      };
      const timer = this.#clock.after(Math.max(0, ms), wake);
      waiting.add(wake);
    });
  }
}
