import type { Key } from '@cachex/router/hash';
import type { SweepReport } from './expiry.ts';

/** What service hooks are told of, with the arguments of each. */
export interface ServiceEvents<K extends Key = Key> {
  /** An entry's time had come, and it was removed. */
  expired: readonly [key: K];
  /** A live entry was removed to make room. */
  evicted: readonly [key: K];
  /** Everything that this node holds of the cache was removed on request; so many entries. */
  cleared: readonly [removed: number];
  /** A sweep for expired entries came to its end. */
  swept: readonly [report: SweepReport];
  /** This node handed partitions over to another one. */
  moved: readonly [move: { readonly to: string; readonly partitions: readonly number[] }];
  /** A warmer has run at this node, and written so many entries. */
  warmed: readonly [name: string, written: number];
}

/** The names of all of them. */
export const serviceEventNames: readonly (keyof ServiceEvents)[] = [
  'expired',
  'evicted',
  'cleared',
  'swept',
  'moved',
  'warmed',
];
