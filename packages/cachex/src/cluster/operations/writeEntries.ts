import { hashKey } from '@cachex/router/hash';
import type { Traits } from '../../portable.ts';
import type { Operation } from '../operation.ts';

/** Stores entries, all of one partition, as they were somewhere else. */
export const writeEntries: Operation =
  ({ engine }) =>
  (_context, traits: readonly Traits[], values: readonly unknown[]): void => {
    for (const [n, each] of traits.entries()) {
      engine.restore(hashKey(each[0]), values[n], each);
      engine.statistics?.add('writes');
    }
  };
