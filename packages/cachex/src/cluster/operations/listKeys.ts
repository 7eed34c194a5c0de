import type { Key } from '@cachex/router/hash';
import type { Engine } from '../../local/engine.ts';
import { none } from '../../local/store.ts';
import { EntryRow } from '../../local/walk.ts';
import { keySize } from '../../portable.ts';
import { looksIntoValues, matcher } from '../../query/match.ts';
import type { CheckedWhere } from '../../query/query.ts';
import type { Operation } from '../operation.ts';

/** A part of each partition: the keys whose hash, as far as it does not tell the partition, is `index` modulo `of`. */
export interface Slice {
  readonly of: number;
  readonly index: number;
}

/** The keys of one partition, or into how many slices it must be cut because it has too many. */
export type KeyList = readonly [partition: number, keys: readonly Key[], cut: number];

/** How many values are opened for one answer at most: it takes microseconds each, and this node serves others as well. */
const mostOpened = 2_048;
const mostBytes = 1024 * 1024;

/**
 * The keys of some partitions, each as it is now: those of entries that a query is about. Answers for as many of the
 * partitions as fit into one answer, from the first; for one at least, or says that it must be cut into slices.
 */
export const listKeys: Operation =
  ({ engine, node }) =>
  ({ partitions }, slice: Slice, limit: number, where: CheckedWhere | undefined, wall: number): KeyList[] => {
    const list = lister(engine, where, wall, slice);
    const most = looksIntoValues(where) ? Math.min(limit, mostOpened) : limit;
    const room = { entries: most, bytes: Math.min(mostBytes, node.largestValue / 2) };
    const lists: KeyList[] = [];
    for (const partition of partitions) {
      const found = list(partition, room);
      if (found === undefined) {
        if (lists.length === 0) {
          const held = engine.store.size([partition]) / slice.of;
          lists.push([partition, [], Math.max(2, Math.ceil((1.5 * held) / most))]);
        }
        break;
      }
      lists.push([partition, found, 1]);
    }
    return lists;
  };

interface Room {
  entries: number;
  bytes: number;
}

/** Lists a partition and takes the room that it needs; `undefined` if it needs more, and can be cut. */
function lister(
  engine: Engine,
  where: CheckedWhere | undefined,
  wall: number,
  { of, index }: Slice,
): (partition: number, room: Room) => Key[] | undefined {
  const { store, clock } = engine;
  const matches = matcher(where);
  const rest = (hash: number): number => Math.floor(hash / store.partitions);
  return (partition, room) => {
    const keys: Key[] = [];
    let { entries, bytes } = room;
    let first: number | undefined;
    let various = false;
    for (let slot = store.first(partition); slot !== none; slot = store.next(slot)) {
      const bits = rest(store.hash(slot));
      if (bits % of !== index || store.expires(slot) <= clock.now()) continue;
      first ??= bits;
      various ||= first !== bits;
      entries -= 1;
      if (where === undefined || matches(new EntryRow(engine, store.entry(slot), wall))) {
        keys.push(store.key(slot));
        bytes -= keySize(store.key(slot));
      }
      if ((entries < 0 || bytes < 0) && various) return undefined;
    }
    room.entries = entries;
    room.bytes = bytes;
    return keys;
  };
}
