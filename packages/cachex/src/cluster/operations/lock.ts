import { Reconsider } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { type DraftEntry, entriesOf } from '../../local/draft.ts';
import type { Operation } from '../operation.ts';

/** What is answered: the token of the lock, and the entries that there are. */
export type LockAnswer = readonly [token: string, entries: readonly DraftEntry[]];

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
    const entries = entriesOf(
      engine,
      keys.map(([key, hash]) => ({ key, hash })),
    ).map(([hash, traits, held]): DraftEntry => [hash, traits, sent(held)]);
    return [locks.held(id, place)!.token, entries];
  };
