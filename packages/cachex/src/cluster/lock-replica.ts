import type { Codec, ReplicaRecord } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { Decision, Lock, LockChange, Locks, PartitionLocks, Staged } from '../local/locks.ts';
import type { Write } from '../local/writes.ts';
import { travelling } from './travelling.ts';
import type { WireForm } from './wire-form.ts';

/** What is said of the locks of a partition. Instants travel as the time that is left. */
export type LockRecord =
  | readonly [
      type: 'lock',
      id: string,
      token: string,
      remaining: number,
      keys: readonly (readonly [key: Key, hash: number])[],
      home: readonly [hash: number, token: string] | undefined,
      /** Writes as one piece: what is nested any deeper cannot hold values that are encoded already. */
      staged: Uint8Array | undefined,
    ]
  | readonly [type: 'unlock', id: string]
  | readonly [type: 'decision', id: string, hash: number, remaining: number, pending: readonly number[]]
  | readonly [type: 'decided', id: string];

interface Copy {
  readonly locks: Map<string, Lock>;
  readonly decisions: Map<string, Decision>;
}

const types: ReadonlySet<unknown> = new Set(['lock', 'unlock', 'decision', 'decided']);

/** How locks, staged writes and decisions are copied and move with their partition. */
export class LockReplica {
  readonly #locks: Locks;
  readonly #values: WireForm;
  readonly #codec: Codec;
  readonly #copies = new Map<number, Copy>();

  constructor(locks: Locks, values: WireForm, codec: Codec) {
    this.#locks = locks;
    this.#values = values;
    this.#codec = codec;
  }

  *snapshot(partition: number): Iterable<ReplicaRecord> {
    const { locks, decisions } = this.#locks.of(partition);
    // Each as it is when it is read out; those that have gone meanwhile were told of as well.
    for (const lock of locks) if (this.#locks.knows(lock)) yield this.#lock(lock);
    for (const decision of decisions) {
      if (this.#locks.decision(decision.id, decision.hash) === decision) yield this.#decision(decision);
    }
  }

  recordOf(change: LockChange): ReplicaRecord {
    switch (change.type) {
      case 'lock':
        return this.#lock(change.lock);
      case 'decision':
        return this.#decision(change.decision);
      default:
        return [change.type, change.id] satisfies LockRecord;
    }
  }

  /** Applies a record to the copy of a partition, if it is one about locks. */
  stage(partition: number, record: ReplicaRecord): boolean {
    if (!types.has(record[0])) return false;
    const change = record as LockRecord;
    const copy = this.#copies.get(partition) ?? { locks: new Map(), decisions: new Map() };
    this.#copies.set(partition, copy);
    const now = this.#locks.now;
    switch (change[0]) {
      case 'lock': {
        const [, id, token, remaining, keys, home, bytes] = change;
        const staged: Staged | undefined =
          home === undefined || bytes === undefined
            ? undefined
            : {
                home: { hash: home[0], token: home[1] },
                writes: this.#codec.decodeList(bytes) as unknown as readonly Write[],
              };
        const named = keys.map(([key, hash]) => ({ key, hash }));
        copy.locks.set(id, { id, token, keys: named, until: now + remaining, staged });
        break;
      }
      case 'unlock':
        copy.locks.delete(change[1]);
        break;
      case 'decision': {
        const [, id, hash, remaining, pending] = change;
        copy.decisions.set(id, { id, hash, pending, until: now + remaining });
        break;
      }
      case 'decided':
        copy.decisions.delete(change[1]);
    }
    return true;
  }

  promote(partition: number): void {
    const copy = this.#copies.get(partition);
    this.#copies.delete(partition);
    if (copy !== undefined)
      this.#locks.adopt(partition, {
        locks: [...copy.locks.values()],
        decisions: [...copy.decisions.values()],
      });
  }

  demote(partition: number): void {
    const { locks, decisions }: PartitionLocks = this.#locks.depart(partition);
    this.#copies.set(partition, {
      locks: new Map(locks.map((lock) => [lock.id, lock])),
      decisions: new Map(decisions.map((decision) => [decision.id, decision])),
    });
  }

  discard(partition: number): void {
    this.#copies.delete(partition);
  }

  drop(partition: number): void {
    this.#locks.depart(partition);
  }

  #lock({ id, token, until, keys, staged }: Lock): ReplicaRecord {
    const writes = staged?.writes.map((write) => travelling(this.#values, write));
    return [
      'lock',
      id,
      token,
      until - this.#locks.now,
      keys.map(({ key, hash }) => [key, hash] as const),
      staged === undefined ? undefined : [staged.home.hash, staged.home.token],
      writes === undefined ? undefined : this.#codec.encodeList(writes),
    ] satisfies LockRecord;
  }

  #decision({ id, hash, until, pending }: Decision): ReplicaRecord {
    return ['decision', id, hash, until - this.#locks.now, pending] satisfies LockRecord;
  }
}
