import type { Timer } from '@cachex/router';
import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import { CacheError } from '../errors.ts';
import { Draft, type DraftEntry, inOrder } from '../local/draft.ts';
import type { KeyRef } from '../local/locks.ts';
import type { Write } from '../local/writes.ts';
import { Caller, refuseElsewhere } from './caller.ts';
import { lockLost } from './lock-lost.ts';
import type { LockAnswer } from './operations/lock.ts';
import { promised } from './promised.ts';
import { travelling } from './travelling.ts';

/** How long a lock lasts that its holder does not renew, in ms, unless said otherwise. */
export const defaultLease = 10_000;

/** The keys of one partition, while a transaction runs. */
interface Part {
  readonly partition: number;
  /** Of its first key; where it is, the others are. */
  readonly hash: number;
  readonly keys: readonly KeyRef[];
  token: string;
}

/** With these a commit was certainly not executed. */
const certainlyNot: ReadonlySet<unknown> = new Set([
  ...['LOCK_LOST', 'NODE_DOWN', 'TIMEOUT', 'OVERLOADED'],
  // What it would write cannot be sent.
  ...['NOT_SERIALIZABLE', 'TOO_LARGE'],
  // Or measured.
  'INVALID_OPTION',
]);

/**
 * Runs `work` on a draft of the entries of `keys`, which are locked at their owners meanwhile, and then writes all that was
 * done to them or nothing. `work` and the way to the commit have the time of the call, and the commit has as much again.
 */
export async function transact(
  caller: Caller,
  keys: readonly Key[],
  lease: number,
  work: (tx: Methods) => unknown,
): Promise<unknown> {
  const locks = caller.engine.locks!;
  if (caller.settings.local === true)
    for (const key of keys) refuseElsewhere(caller.node, 'a transaction', key);
  const transaction = new Transaction(caller, keys, locks.begin(), lease);
  try {
    return await transaction.run(work);
  } finally {
    locks.end(transaction.id);
  }
}

class Transaction {
  readonly id: string;
  readonly #caller: Caller;
  readonly #lease: number;
  readonly #keys: readonly KeyRef[];
  readonly #parts: Part[] = [];
  #renewal: Timer | undefined;

  constructor(caller: Caller, keys: readonly Key[], id: string, lease: number) {
    this.id = id;
    this.#caller = caller;
    this.#lease = lease;
    this.#keys = inOrder(keys, hashKey, caller.engine.store.partitions);
  }

  async run(work: (tx: Methods) => unknown): Promise<unknown> {
    this.#renewLater();
    let draft: Draft | undefined;
    let result: unknown;
    try {
      draft = new Draft(this.#caller.engine, this.#keys, await this.#lock());
      result = await this.#bounded(work(promised(draft.methods)));
    } catch (error) {
      draft?.end();
      this.#giveUp();
      throw error;
    }
    const writes = draft.writes();
    draft.end();
    try {
      await this.#commit(writes);
    } finally {
      this.#renewal?.cancel();
    }
    return result;
  }

  /** Locks partition after partition; answers the entries that there are. */
  async #lock(): Promise<DraftEntry[]> {
    const { engine } = this.#caller;
    const { partitions } = engine.store;
    const byPartition = new Map<number, KeyRef[]>();
    for (const key of this.#keys) {
      const partition = partitionOf(key.hash, partitions);
      const others = byPartition.get(partition);
      if (others === undefined) byPartition.set(partition, [key]);
      else others.push(key);
    }
    const entries: DraftEntry[] = [];
    for (const [partition, keys] of byPartition) {
      const part: Part = { partition, keys, hash: keys[0]!.hash, token: '' };
      this.#parts.push(part);
      const named = keys.map(({ key, hash }) => [key, hash]);
      const options = { repeatable: true };
      const args = [this.id, named, this.#lease];
      const answer = (await this.#caller.operate('lock', part.hash, args, options)) as LockAnswer;
      part.token = answer[0];
      entries.push(...answer[1]);
    }
    return entries;
  }

  /** The user's work, for as long as the call may take and is wanted. */
  #bounded(work: unknown): Promise<unknown> {
    const { node, remaining, settings, name } = this.#caller;
    const { signal } = settings;
    return new Promise((resolve, reject) => {
      const timer = node.clock.after(remaining, () =>
        end(() =>
          reject(
            new CacheError(
              'TIMEOUT',
              `the function of a transaction on '${name}' took too long; nothing was written`,
            ),
          ),
        ),
      );
      const abort = (): void => end(() => reject(signal!.reason));
      const end = (settle: () => void): void => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        settle();
      };
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) abort();
      Promise.resolve(work).then(
        (result) => end(() => resolve(result)),
        (error) => end(() => reject(error)),
      );
    });
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    // An abort would leave open what becomes of it.
    const { signal: _, ...settings } = this.#caller.settings;
    const caller = new Caller(this.#caller, this.#caller.cache, settings);
    const { partitions } = caller.engine.store;
    const concern = ({ partition }: Part): readonly Write[] =>
      writes.filter(([, hash]) => partitionOf(hash, partitions) === partition);
    const written = this.#parts.filter((part) => concern(part).length > 0);
    const again = { repeatable: true };
    if (written.length === 0) {
      // What was read is of one moment if all locks were held until now.
      const held = await this.#each(this.#parts, ({ hash, token }) =>
        caller.operate('unlock', hash, [this.id, token], again),
      );
      if (!held.every(Boolean)) throw lockLost(caller.name);
      return;
    }
    // One that alone is written decides by being written.
    const home = written.length === 1 ? written[0]! : this.#parts[0]!;
    const others = this.#parts.filter((part) => part !== home);
    const sent = (part: Part): readonly Write[] =>
      this.#parts.length === 1 && caller.node.solo
        ? concern(part)
        : concern(part).map((write) => travelling(caller.values, write));
    const pending = others.filter((part) => written.includes(part)).map(({ hash }) => hash);
    let asked = false;
    try {
      await this.#each(others, (part) =>
        caller.operate(
          'stage',
          part.hash,
          [this.id, part.token, this.#lease, sent(part), home.hash, home.token],
          again,
        ),
      );
      asked = true;
      await caller.operate('commit', home.hash, [this.id, home.token, sent(home), pending]);
    } catch (error) {
      // If nobody knows whether it is committed, the others find out at its home.
      if (!asked || certainlyNot.has((error as { code?: unknown }).code)) this.#giveUp();
      throw error;
    }
    await this.#apply(caller, others, home.hash, pending);
  }

  /** What is left to do is done by others if it cannot be done from here. */
  async #apply(
    caller: Caller,
    others: readonly Part[],
    home: number,
    pending: readonly number[],
  ): Promise<void> {
    const again = { repeatable: true };
    const applied: number[] = [];
    await Promise.all(
      others.map(({ hash }) =>
        caller.operate('apply', hash, [this.id], again).then(
          () => applied.push(hash),
          () => {},
        ),
      ),
    );
    const confirmed = applied.filter((hash) => pending.includes(hash));
    if (confirmed.length > 0) caller.operate('confirm', home, [this.id, confirmed], again).catch(() => {});
  }

  /** Nothing will be committed: nobody need wait for the leases to run out. */
  #giveUp(): void {
    this.#renewal?.cancel();
    const caller = new Caller(this.#caller, this.#caller.cache, {});
    for (const { hash } of this.#parts)
      caller.operate('unlock', hash, [this.id, undefined], { repeatable: true }).catch(() => {});
  }

  #renewLater(): void {
    const { node, cache } = this.#caller;
    const each = this.#lease / 3;
    this.#renewal = node.clock.after(each, () => {
      const caller = new Caller(this.#caller, cache, {});
      const options = { repeatable: true, timeout: each };
      for (const { hash } of this.#parts)
        caller.operate('prolong', hash, [this.id, this.#lease], options).catch(() => {});
      this.#renewLater();
    });
  }

  /** All at once; when one fails, the others have ended as well. */
  async #each<T>(parts: readonly Part[], work: (part: Part) => Promise<T>): Promise<T[]> {
    const settled = await Promise.allSettled(parts.map(work));
    return settled.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      return each.value;
    });
  }
}
