import { hashKey } from '../hash.ts';
import { naturalOrder } from '../natural.ts';
import type { Router } from '../router.ts';
import { firstFrom, slotsOf } from './slots.ts';
import { stateless } from './stateless.ts';

/** How many slots a member of weight 1 has: as closely as one in so many weights are followed. */
const slotsEach = 1024;

/**
 * Jump consistent hash (Lamping and Veach, 2014) over a row of slots: members stand in natural order of their ids
 * (`node-9` before `node-10`), each with as many slots as its weight asks for.
 *
 * Balance: as if each partition were drawn by lot; with p partitions a member, shares differ from the ideal by about √p.
 * Movement: the least there is if the last member of the row comes or goes. Whoever comes or goes elsewhere shifts all
 * that stand behind: of these about as much moves as they own, half of everything on average. So give ids that count up,
 * and take away the last one first. Another weight shifts those behind, too. A plan takes a few steps for each partition,
 * about the logarithm of the number of slots.
 */
export function jump(): Router {
  return stateless('jump', (members, partitions) => {
    const row = members.toSorted((a, b) => naturalOrder(a.id, b.id) || (a.id < b.id ? -1 : 1));
    let slots = 0;
    const ends = slotsOf(row, slotsEach).map((count) => {
      slots += count;
      return slots;
    });
    return Array.from({ length: partitions }, (_, partition) => {
      const slot = jumpHash(hashKey(partition), partition, slots);
      return row[firstFrom(ends, slot + 1)]!.id;
    });
  });
}

// 2862933555777941757, the multiplier of the generator that Lamping and Veach chose, in two halves.
const multiplierHigh = 0x27bb2ee6;
const multiplierLow = 0x87b0b0fd;

/** The bucket of a key of 64 bits, given in two halves, among so many. */
export function jumpHash(keyHigh: number, keyLow: number, buckets: number): number {
  let high = keyHigh >>> 0;
  let low = keyLow >>> 0;
  let bucket = 0;
  for (let next = 0; next < buckets; ) {
    bucket = next;
    // key = key * multiplier + 1, modulo 2^64
    const carry = Math.floor(
      (Math.floor(((low & 0xffff) * multiplierLow) / 0x10000) + (low >>> 16) * multiplierLow) / 0x10000,
    );
    high = carry + Math.imul(low, multiplierHigh) + Math.imul(high, multiplierLow);
    low = (Math.imul(low, multiplierLow) + 1) >>> 0;
    if (low === 0) high += 1;
    high >>>= 0;
    next = Math.floor((bucket + 1) * (2 ** 31 / ((high >>> 1) + 1)));
  }
  return bucket;
}
