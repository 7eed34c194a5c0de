import { Reconsider } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { Entry } from '../../local/store.ts';
import type { Operation } from '../operation.ts';

/** An entry as a transaction gets it; instants as the time that is left or has passed. */
export type LockedEntry = readonly [
  key: Key,
  hash: number,
  held: unknown,
  version: number,
  age: number,
  remaining: number | null,
  ttl: number | null,
];

/** What is answered: the token of the lock, and the entries that there are. */
export type LockAnswer = readonly [token: string, entries: readonly LockedEntry[]];

/**
 * Locks keys of one partition for a transaction, one after another in the order given; what it has locked already stays
 * so. Answers once it has all of them; `LOCKED` if that takes too long.
 */
export const lock: Operation =
  ({ node, engine, values }) =>
  (
    { hash: place, deadline },
    id: string,
    keys: readonly (readonly [key: Key, hash: number])[],
    lease: number,
  ): LockAnswer => {
    const locks = engine.locks!;
    for (const [key, hash] of keys) {
      if (!locks.take(id, { key, hash }, lease))
        throw new Reconsider('a key is locked', locks.wait({ key, hash }, deadline, id));
      // What is being loaded for those who did not find it would come in between.
      engine.loads.overtake(key, hash);
    }
    const sent = (held: unknown): unknown => (node.solo ? held : values.encoded(held));
    const now = engine.clock.now();
    const entries = keys
      .map(([key, hash]) => engine.find(key, hash))
      .filter((entry): entry is Entry => entry !== undefined)
      .map(({ key, hash, value, version, modified, expires, ttl }): LockedEntry => {
        const remaining = expires === Number.POSITIVE_INFINITY ? null : expires - now;
        return [key, hash, sent(value), version, now - modified, remaining, ttl];
      });
    return [locks.held(id, place)!.token, entries];
  };
