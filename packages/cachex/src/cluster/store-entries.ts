import { Encoded } from '@cachex/router';
import { hashKey, partitionOf } from '@cachex/router/hash';
import { entrySize, type Traits } from '../portable.ts';
import { type Caller, operationHandler } from './caller.ts';
import { Ending } from './ending.ts';

/** How many bytes of entries travel in one call, unless a single one has more. */
const mostBytes = 256 * 1024;

/** Entries of one partition. */
interface Batch {
  readonly hash: number;
  readonly traits: Traits[];
  readonly values: unknown[];
  bytes: number;
}

/**
 * Stores entries at the owners of their keys, with held values. Those of one partition go in one call: its owner remembers
 * it, so that it is executed once, wherever the partition moves, and whoever dies if there are backups. Settles when all of
 * them have.
 */
export async function storeEntries(
  { name, node, settings }: Caller,
  traits: readonly Traits[],
  values: readonly unknown[],
): Promise<void> {
  const { timeout } = settings;
  const ending = new Ending(settings.signal);
  const calls = batches(traits, values, node.view.owners.length, node.largestValue).map((batch) =>
    node.dispatch.call(batch.hash, {
      service: name,
      handler: operationHandler('writeEntries'),
      args: [batch.traits, batch.values],
      ...(timeout === undefined ? {} : { timeout }),
      signal: ending.signal,
    }),
  );
  const outcomes = await Promise.allSettled(calls);
  ending.end();
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function batches(
  traits: readonly Traits[],
  values: readonly unknown[],
  partitions: number,
  largestValue: number,
): Batch[] {
  const list: Batch[] = [];
  const open = new Map<number, Batch>();
  const room = Math.min(mostBytes, largestValue);
  for (const [n, each] of traits.entries()) {
    const value = values[n];
    const hash = hashKey(each[0]);
    const bytes = entrySize(each, value instanceof Encoded ? value.length : 0);
    const partition = partitionOf(hash, partitions);
    let batch = open.get(partition);
    if (batch === undefined || batch.bytes + bytes > room) {
      batch = { hash, traits: [], values: [], bytes: 0 };
      open.set(partition, batch);
      list.push(batch);
    }
    batch.traits.push(each);
    batch.values.push(value);
    batch.bytes += bytes;
  }
  return list;
}
