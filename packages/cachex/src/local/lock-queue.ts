import type { Clock, Timer } from '@cachex/router';
import { identityOf, type Key } from '@cachex/router/hash';
import { CacheError } from '../errors.ts';

/** What stands for a key in a `Map`; see `identityOf`. */
export type Identity = string | number | bigint | boolean | null;

/** One call that waits for a key. */
interface Waiter {
  /** The transaction that wants the lock; `undefined` for a call that only wants the key to be free for a moment. */
  readonly id: string | undefined;
  /** It only reads, and so waits for what is staged, not for a lock. */
  readonly reads: boolean;
  /** It is its turn: it will be judged again before anything else happens to the key. */
  called: boolean;
  readonly timer: Timer;
  readonly go: () => void;
  readonly fail: (error: CacheError) => void;
}

interface Queue {
  readonly partition: number;
  readonly waiters: Waiter[];
}

/** How many calls may wait for one key. */
const longest = 1_024;

/**
 * Who waits for locked keys, in the order in which they came. Nobody is handed anything here: a call whose turn it is goes
 * back to where calls are judged, because its key may be at another node by then.
 */
export class LockQueues {
  readonly #clock: Clock;
  readonly #queues = new Map<Identity, Queue>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves when it is this call's turn to be judged again; rejects with `LOCKED` at `until`, on the clock of this queue.
   * `id` is that of a transaction that wants the lock; `reads`: whether it is a call that only reads.
   */
  wait(key: Key, partition: number, until: number, id?: string, reads = false): Promise<void> {
    const identity = identityOf(key);
    const queue = this.#queues.get(identity) ?? { partition, waiters: [] };
    if (queue.waiters.length >= longest)
      return Promise.reject(new CacheError('OVERLOADED', `${longest} calls wait for this key already`));
    this.#queues.set(identity, queue);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(Math.max(0, until - this.#clock.now()), () => {
        this.#remove(identity, waiter);
        reject(lockedError(key));
      });
      const waiter: Waiter = {
        id,
        reads,
        called: false,
        timer,
        go: () => {
          timer.cancel();
          resolve();
        },
        fail: (error) => {
          timer.cancel();
          reject(error);
        },
      };
      queue.waiters.push(waiter);
    });
  }

  /** Whether a transaction may lock a key that is free: nobody else was there before it. Its place is given up then. */
  enter(identity: Identity, id: string): boolean {
    const waiters = this.#queues.get(identity)?.waiters ?? [];
    if (waiters.length > 0 && waiters[0]!.id !== id) return false;
    // One that has asked again, because the link broke over which it had asked, must not wait for itself.
    for (const waiter of waiters.filter((each) => each.id === id)) {
      this.#drop(identity, waiter);
      waiter.go();
    }
    return true;
  }

  /** The key is free: reads go on, and calls whose turn it is, up to and including the first that will lock it again. */
  free(identity: Identity): void {
    for (const waiter of this.#queues.get(identity)?.waiters.filter(({ reads }) => reads) ?? []) {
      this.#drop(identity, waiter);
      waiter.go();
    }
    for (;;) {
      const first = this.#queues.get(identity)?.waiters[0];
      if (first === undefined || first.called) return;
      if (first.id !== undefined) {
        first.called = true;
        first.go();
        // It comes back at once, unless its time is over or this node may not answer just now.
        this.#clock.defer(() => this.#remove(identity, first));
        return;
      }
      this.#drop(identity, first);
      first.go();
    }
  }

  /** Those who wait for keys of a partition are judged again: it has gone to another node. */
  depart(partition: number): void {
    for (const [identity, queue] of [...this.#queues]) {
      if (queue.partition !== partition) continue;
      this.#queues.delete(identity);
      for (const waiter of queue.waiters) waiter.go();
    }
  }

  /** Transactions that do not want their locks any more. */
  giveUp(wanted: (id: string) => boolean): void {
    for (const [identity, { waiters }] of [...this.#queues]) {
      for (const waiter of [...waiters]) {
        if (waiter.id === undefined || !wanted(waiter.id)) continue;
        this.#remove(identity, waiter);
        waiter.fail(new CacheError('LOCKED', 'the transaction was given up while it waited for a lock'));
      }
    }
  }

  close(reason: CacheError): void {
    for (const { waiters } of this.#queues.values()) for (const waiter of waiters) waiter.fail(reason);
    this.#queues.clear();
  }

  #drop(identity: Identity, waiter: Waiter): boolean {
    const queue = this.#queues.get(identity);
    const at = queue?.waiters.indexOf(waiter) ?? -1;
    if (at < 0) return false;
    queue!.waiters.splice(at, 1);
    if (queue!.waiters.length === 0) this.#queues.delete(identity);
    return true;
  }

  /** One that goes without taking its turn; if it was its turn, the next one's comes. */
  #remove(identity: Identity, waiter: Waiter): void {
    if (this.#drop(identity, waiter) && waiter.called) this.free(identity);
  }
}

/** What a call gets that has waited for a lock for as long as it may. */
function lockedError(key: Key): CacheError {
  const name = typeof key === 'string' ? `'${key.slice(0, 40)}'` : `[${String(key).slice(0, 40)}]`;
  const message = `the key ${name} is locked by a transaction; nothing was changed: try again, or allow more time`;
  return new CacheError('LOCKED', message);
}
