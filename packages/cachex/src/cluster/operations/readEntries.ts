import { Encoded } from '@cachex/router';
import { hashKey, type Key } from '@cachex/router/hash';
import { none } from '../../local/store.ts';
import { EntryRow } from '../../local/walk.ts';
import { entrySize, type Traits, traitsOf } from '../../portable.ts';
import { matcher, selector } from '../../query/match.ts';
import type { CheckedQuery } from '../../query/query.ts';
import type { Operation } from '../operation.ts';

/** How many of the keys of a partition were looked at, from the first, and what there is of them. */
export type ReadPart = readonly [partition: number, done: number, traits: readonly (Traits | null)[]];

/** What is there of some keys, and the value of each trait, or what was selected: encoded, unless the node is alone. */
export type ReadAnswer = readonly [parts: readonly ReadPart[], values: readonly unknown[]];

const mostBytes = 1024 * 1024;

/**
 * The entries of some keys as they are now, by partition, if the query is about them. Answers for as many as fit into one
 * answer, from the first.
 */
export const readEntries: Operation =
  ({ engine, node, values: form }) =>
  (
    { partitions },
    groups: readonly (readonly [partition: number, keys: readonly Key[]])[],
    query: CheckedQuery | undefined,
    wall: number,
  ): ReadAnswer => {
    const { clock, store } = engine;
    const covered = new Set(partitions);
    const matches = matcher(query?.where);
    const select = selector(query);
    const answer = (row: EntryRow, held: unknown): unknown => {
      if (select === undefined) return form.answer(held);
      return node.solo ? select(row) : form.hold(select(row));
    };
    const parts: ReadPart[] = [];
    const values: unknown[] = [];
    let room = Math.min(mostBytes, node.largestValue);
    for (const [partition, keys] of groups) {
      if (!covered.has(partition)) continue;
      const traits: (Traits | null)[] = [];
      let done = 0;
      for (const key of keys) {
        const slot = store.find(key, hashKey(key));
        if (slot !== none && store.expires(slot) > clock.now()) {
          const entry = store.entry(slot);
          const row = new EntryRow(engine, entry, wall);
          if (matches(row)) {
            const value = answer(row, entry.value);
            const all = traitsOf(entry, clock.now());
            room -= entrySize(all, value instanceof Encoded ? value.length : 0);
            if (room < 0 && values.length > 0) break;
            traits.push(select === undefined ? all : null);
            values.push(value);
          }
        }
        done += 1;
      }
      parts.push([partition, done, traits]);
      if (room < 0) break;
    }
    return [parts, values];
  };
