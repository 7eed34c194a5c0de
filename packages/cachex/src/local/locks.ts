import type { Clock, Timer } from '@cachex/router';
import { identityOf, type Key, partitionOf } from '@cachex/router/hash';
import { CacheError } from '../errors.ts';
import { originOf } from './flights.ts';
import { ownKey } from './keys.ts';
import { type Identity, LockQueues } from './lock-queue.ts';
import { type Write, writtenKey } from './writes.ts';

/** A key and its hash. */
export interface KeyRef {
  readonly key: Key;
  readonly hash: number;
}

/** What a transaction will do to a partition, if it is decided so. */
export interface Staged {
  readonly writes: readonly Write[];
  /** Where it is decided: the hash of a key there, and the token of the lock that the decision needs. */
  readonly home: { readonly hash: number; readonly token: string };
}

/** The keys of one partition that one transaction has locked. */
export interface Lock {
  /** The transaction: the node that runs it, and a number. */
  readonly id: string;
  /** Tells this lock from an earlier one of the same transaction. */
  readonly token: string;
  readonly keys: readonly KeyRef[];
  /** When its lease runs out, on the clock of whoever has this record. */
  readonly until: number;
  readonly staged: Staged | undefined;
}

/** A transaction that is committed, and partitions that have yet to apply it. */
export interface Decision {
  readonly id: string;
  /** Of a key in the partition that has this record. */
  readonly hash: number;
  /** Hashes of keys in those partitions. */
  readonly pending: readonly number[];
  /** When it is forgotten in any case. */
  readonly until: number;
}

/** The locks and decisions of one partition. */
export interface PartitionLocks {
  readonly locks: readonly Lock[];
  readonly decisions: readonly Decision[];
}

/** A change to the locks of a partition, told in the order they happen. */
export type LockChange =
  | { readonly type: 'lock'; readonly partition: number; readonly lock: Lock }
  | { readonly type: 'unlock'; readonly partition: number; readonly id: string }
  | { readonly type: 'decision'; readonly partition: number; readonly decision: Decision }
  | { readonly type: 'decided'; readonly partition: number; readonly id: string };

export interface LocksSettings {
  readonly clock: Clock;
  /** Names this node in tokens; see `LoadsSettings`. */
  readonly origin: string;
  /** Whether the node is still there that runs a transaction. */
  present(origin: string): boolean;
  /** The lease of a lock with staged writes has run out, or whoever held it is gone: somebody must find out. */
  undecided(lock: Lock): void;
  /** Partitions have yet to apply a committed transaction, and whoever ran it may be gone. */
  unapplied(decision: Decision): void;
}

interface HeldLock extends Lock {
  readonly partition: number;
  keys: KeyRef[];
  until: number;
  staged: Staged | undefined;
  timer: Timer | undefined;
  asked: boolean;
}

interface HeldDecision extends Decision {
  pending: readonly number[];
  timer: Timer | undefined;
}

interface Part {
  readonly locks: Map<string, HeldLock>;
  readonly decisions: Map<string, HeldDecision>;
}

/** How long a committed transaction is left to whoever ran it to be applied, and when it is forgotten, in ms. */
const applyAfter = 1_000;
const forgetAfter = 600_000;
/** The longest lease of a holder that is no member here (any more, or as far as is known yet), in ms. */
const longestUnknown = 10_000;

/**
 * Locks of transactions on keys, by partition, at the node that owns it. A lock is a lease: it ends when its holder does not
 * renew it. A lock with staged writes stays until it is known whether the transaction is committed.
 */
export class Locks {
  readonly #settings: LocksSettings;
  readonly #partitions: number;
  readonly #changed: (change: LockChange) => void;
  readonly #parts = new Map<number, Part>();
  readonly #holders = new Map<Identity, HeldLock>();
  readonly #queues: LockQueues;
  /** Those who wait for any lock to go. */
  #watchers: (() => void)[] = [];
  #tokens = 0;
  #running = new Set<string>();
  #idle: (() => void)[] = [];

  constructor(settings: LocksSettings, partitions: number, changed: (change: LockChange) => void) {
    this.#settings = settings;
    this.#partitions = partitions;
    this.#changed = changed;
    this.#queues = new LockQueues(settings.clock);
  }

  /** Whether no key is locked. */
  get free(): boolean {
    return this.#holders.size === 0;
  }

  /** On the clock by which leases run out. */
  get now(): number {
    return this.#settings.clock.now();
  }

  /** Begins a transaction that runs at this node; answers how it is called. */
  begin(): string {
    this.#tokens += 1;
    const id = `${this.#settings.origin}:${this.#tokens}`;
    this.#running.add(id);
    return id;
  }

  /** A transaction that runs at this node has come to its end. */
  end(id: string): void {
    this.#running.delete(id);
    if (this.#running.size === 0) for (const wake of this.#idle.splice(0)) wake();
  }

  /** Resolves when no transaction runs at this node. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Locks a key for a transaction, unless another has it or came first. What it has already stays as it is. */
  take(id: string, { key, hash }: KeyRef, lease: number): boolean {
    const identity = identityOf(key);
    const holder = this.#holder(identity);
    if (holder !== undefined) return holder.id === id;
    if (!this.#queues.enter(identity, id)) return false;
    const partition = partitionOf(hash, this.#partitions);
    const lock = this.#find(partition, id) ?? this.#add(partition, id);
    lock.keys.push({ key: ownKey(key), hash });
    this.#holders.set(identity, lock);
    this.#extend(lock, lease);
    return true;
  }

  /** The lock of a transaction in the partition of this hash, if its lease has not run out. */
  held(id: string, hash: number): Lock | undefined {
    return this.#find(partitionOf(hash, this.#partitions), id);
  }

  /** Prolongs a lock; answers whether there was one. */
  renew(id: string, hash: number, lease: number): boolean {
    const lock = this.#find(partitionOf(hash, this.#partitions), id);
    if (lock !== undefined) this.#extend(lock, lease);
    return lock !== undefined;
  }

  /** Keeps what a transaction will do here. Reads of the keys that it writes wait from now on. */
  stage({ id }: Lock, hash: number, staged: Staged, lease: number): void {
    const lock = this.#find(partitionOf(hash, this.#partitions), id)!;
    lock.staged = staged;
    this.#extend(lock, lease);
  }

  /** Ends a lock; whoever waits for its keys goes on once the call is over that ends it. */
  release({ id, keys }: Lock): void {
    const partition = partitionOf(keys[0]!.hash, this.#partitions);
    const lock = this.#parts.get(partition)?.locks.get(id);
    if (lock === undefined) return;
    this.#forget(lock);
    this.#changed({ type: 'unlock', partition, id });
    for (const { key } of lock.keys) this.#queues.free(identityOf(key));
    for (const wake of this.#watchers.splice(0)) wake();
  }

  /** Transactions whose locks nobody waits for any more. */
  giveUp(id: string): void {
    this.#queues.giveUp((waiting) => waiting === id);
  }

  /** Whether this is still a lock of this node. */
  knows({ id, token, keys }: Lock): boolean {
    const part = this.#parts.get(partitionOf(keys[0]!.hash, this.#partitions));
    return part?.locks.get(id)?.token === token;
  }

  /** Whether a transaction that had its home here is committed, and not yet applied everywhere. */
  decision(id: string, hash: number): Decision | undefined {
    return this.#parts.get(partitionOf(hash, this.#partitions))?.decisions.get(id);
  }

  /** Notes that a transaction is committed. */
  decide(id: string, hash: number, pending: readonly number[]): void {
    const until = this.#settings.clock.now() + forgetAfter;
    const decision: HeldDecision = { id, hash, pending, until, timer: undefined };
    const partition = partitionOf(hash, this.#partitions);
    this.#part(partition).decisions.set(id, decision);
    this.#watch(decision);
    this.#changed({ type: 'decision', partition, decision });
  }

  /** These partitions have applied a committed transaction; once all have, it is forgotten. */
  confirm(id: string, hash: number, applied: readonly number[]): void {
    const partition = partitionOf(hash, this.#partitions);
    const part = this.#parts.get(partition);
    const decision = part?.decisions.get(id);
    if (decision === undefined) return;
    decision.pending = decision.pending.filter((each) => !applied.includes(each));
    if (decision.pending.length > 0) {
      this.#changed({ type: 'decision', partition, decision });
      return;
    }
    decision.timer?.cancel();
    part!.decisions.delete(id);
    this.#tidy(partition);
    this.#changed({ type: 'decided', partition, id });
  }

  /** Whether a call must wait that reads this key, or writes it. */
  blocks(key: Key, effect: 'read' | 'write'): boolean {
    if (this.#holders.size === 0) return false;
    const identity = identityOf(key);
    const holder = this.#holder(identity);
    if (holder === undefined || effect === 'write') return holder !== undefined;
    return holder.staged?.writes.some((write) => identityOf(writtenKey(write)) === identity) === true;
  }

  /** Resolves when a call that waits for this key is to be judged again; see {@link LockQueues.wait}. */
  wait({ key, hash }: KeyRef, deadline: number, id?: string, reads?: boolean): Promise<void> {
    const partition = partitionOf(hash, this.#partitions);
    return this.#queues.wait(key, partition, this.#patience(deadline), id, reads);
  }

  /** Whether a key of these partitions is locked. */
  locked(partitions: Iterable<number>): boolean {
    if (this.#holders.size === 0) return false;
    for (const partition of partitions) {
      for (const { id } of [...(this.#parts.get(partition)?.locks.values() ?? [])])
        if (this.#find(partition, id) !== undefined) return true;
    }
    return false;
  }

  /** Resolves when a lock goes, whichever; rejects with `LOCKED` when the call's time is nearly over. */
  change(deadline: number): Promise<void> {
    const { clock } = this.#settings;
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        timer.cancel();
        resolve();
      };
      const timer = clock.after(Math.max(0, this.#patience(deadline) - clock.now()), () => {
        this.#watchers = this.#watchers.filter((each) => each !== wake);
        reject(new CacheError('LOCKED', 'keys of this cache are locked by transactions'));
      });
      this.#watchers.push(wake);
    });
  }

  /** A call that does not wait for locks changes a key: it wins over a transaction that has yet to be committed. */
  overtake(key: Key): void {
    if (this.#holders.size === 0) return;
    const identity = identityOf(key);
    const lock = this.#holders.get(identity);
    if (lock !== undefined) this.#overrule(lock, (write) => identityOf(writtenKey(write)) !== identity);
  }

  /** The same for every key of a partition. */
  overtakePartition(partition: number): void {
    if (this.#holders.size === 0) return;
    for (const lock of [...(this.#parts.get(partition)?.locks.values() ?? [])])
      this.#overrule(lock, () => false);
  }

  /** What is staged to carry this tag is not there in the end, as if the transaction had been before, if it is committed. */
  invalidate(partition: number, tag: string): void {
    if (this.#holders.size === 0) return;
    for (const lock of this.#parts.get(partition)?.locks.values() ?? []) {
      const { staged } = lock;
      if (staged?.writes.some((write) => carries(write, tag)) !== true) continue;
      const writes = staged.writes.map((write): Write => {
        return carries(write, tag) ? ['remove', write[1], [writtenKey(write)]] : write;
      });
      lock.staged = { ...staged, writes };
      this.#changed({ type: 'lock', partition, lock });
    }
  }

  /** Nodes have gone for good: nobody will commit what they ran. */
  lost(origins: readonly string[]): void {
    const gone = (id: string): boolean => origins.includes(originOf(id));
    this.#queues.giveUp(gone);
    for (const { locks } of [...this.#parts.values()])
      for (const lock of [...locks.values()]) if (gone(lock.id)) this.#runOut(lock);
  }

  /** The locks and decisions of a partition, for a copy of it. */
  of(partition: number): PartitionLocks {
    const part = this.#parts.get(partition);
    return { locks: [...(part?.locks.values() ?? [])], decisions: [...(part?.decisions.values() ?? [])] };
  }

  /** The partition has gone to another node, and those who wait for its keys must ask there. */
  depart(partition: number): PartitionLocks {
    const state = this.of(partition);
    for (const lock of state.locks) this.#forget(lock as HeldLock);
    for (const { timer } of state.decisions as HeldDecision[]) timer?.cancel();
    this.#parts.delete(partition);
    this.#queues.depart(partition);
    for (const wake of this.#watchers.splice(0)) wake();
    return state;
  }

  /** The partition is this node's now, with what was locked and decided there. */
  adopt(partition: number, { locks, decisions }: PartitionLocks): void {
    const { clock, present } = this.#settings;
    for (const { id, token, keys, until, staged } of locks) {
      const lock: HeldLock = {
        id,
        token,
        keys: [...keys],
        until,
        staged,
        partition,
        timer: undefined,
        asked: false,
      };
      this.#part(partition).locks.set(id, lock);
      for (const { key } of keys) this.#holders.set(identityOf(key), lock);
      const left = present(originOf(id)) ? Math.max(0, until - clock.now()) : 0;
      lock.timer = clock.after(left, () => this.#runOut(lock));
    }
    for (const { id, hash, pending, until } of decisions) {
      const decision: HeldDecision = { id, hash, pending, until, timer: undefined };
      this.#part(partition).decisions.set(id, decision);
      this.#watch(decision);
    }
  }

  close(reason: CacheError): void {
    for (const partition of [...this.#parts.keys()]) this.depart(partition);
    this.#queues.close(reason);
    for (const wake of this.#watchers.splice(0)) wake();
  }

  #part(partition: number): Part {
    let part = this.#parts.get(partition);
    if (part === undefined) {
      part = { locks: new Map(), decisions: new Map() };
      this.#parts.set(partition, part);
    }
    return part;
  }

  #add(partition: number, id: string): HeldLock {
    this.#tokens += 1;
    const token = `${this.#settings.origin}:${this.#tokens}`;
    const lock: HeldLock = {
      ...{ id, token, partition, keys: [], until: 0 },
      ...{ staged: undefined, timer: undefined, asked: false },
    };
    this.#part(partition).locks.set(id, lock);
    return lock;
  }

  /** A lock whose lease has run out is none, even if its timer is late. */
  #find(partition: number, id: string): HeldLock | undefined {
    const lock = this.#parts.get(partition)?.locks.get(id);
    return lock === undefined ? undefined : this.#valid(lock);
  }

  #holder(identity: Identity): HeldLock | undefined {
    const lock = this.#holders.get(identity);
    return lock === undefined ? undefined : this.#valid(lock);
  }

  #valid(lock: HeldLock): HeldLock | undefined {
    if (lock.staged !== undefined || lock.until > this.#settings.clock.now()) return lock;
    this.release(lock);
    return undefined;
  }

  #extend(lock: HeldLock, lease: number): void {
    const { clock, present } = this.#settings;
    // Nobody will be told of the end of a node that is not known here, or has ended already.
    const lasts = present(originOf(lock.id)) ? lease : Math.min(lease, longestUnknown);
    lock.until = clock.now() + lasts;
    lock.timer?.cancel();
    lock.timer = clock.after(lasts, () => this.#runOut(lock));
    this.#changed({ type: 'lock', partition: lock.partition, lock });
  }

  #runOut(lock: HeldLock): void {
    if (lock.staged === undefined) this.release(lock);
    else if (!lock.asked) {
      lock.asked = true;
      this.#settings.undecided(lock);
    }
  }

  #overrule(lock: HeldLock, keep: (write: Write) => boolean): void {
    if (lock.staged === undefined) {
      this.release(lock);
      return;
    }
    // It is as if the transaction had been committed just before, if it is committed.
    lock.staged = { ...lock.staged, writes: lock.staged.writes.filter(keep) };
    this.#changed({ type: 'lock', partition: lock.partition, lock });
  }

  #forget(lock: HeldLock): void {
    lock.timer?.cancel();
    for (const { key } of lock.keys) {
      const identity = identityOf(key);
      if (this.#holders.get(identity) === lock) this.#holders.delete(identity);
    }
    this.#parts.get(lock.partition)?.locks.delete(lock.id);
    this.#tidy(lock.partition);
  }

  #tidy(partition: number): void {
    const part = this.#parts.get(partition);
    if (part?.locks.size === 0 && part.decisions.size === 0) this.#parts.delete(partition);
  }

  #watch(decision: HeldDecision): void {
    decision.timer = this.#settings.clock.after(applyAfter, () => this.#settings.unapplied(decision));
  }

  /** Whoever waits is told a little before its caller stops waiting, so that it learns why. */
  #patience(deadline: number): number {
    const left = deadline - this.#settings.clock.now();
    return deadline - Math.min(500, left / 4);
  }
}

function carries(write: Write, tag: string): boolean {
  if (write[0] !== 'put') return false;
  const [, , , , , tags] = write[2];
  return tags?.includes(tag) === true;
}
