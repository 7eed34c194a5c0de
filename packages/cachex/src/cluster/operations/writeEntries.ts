import { Reconsider } from '@cachex/router';
import { hashKey } from '@cachex/router/hash';
import type { Traits } from '../../portable.ts';
import { blockedKeys } from '../blocked.ts';
import type { Operation } from '../operation.ts';

/** Stores entries, all of one partition, as they were somewhere else. */
export const writeEntries: Operation =
  ({ engine }) =>
  ({ deadline }, traits: readonly Traits[], values: readonly unknown[]): void => {
    const keys = traits.map(([key]) => ({ key, hash: hashKey(key) }));
    const wait = blockedKeys(engine, { effect: 'write' }, keys, deadline);
    if (wait !== undefined) throw new Reconsider('a key is locked', wait);
    for (const [n, each] of traits.entries()) {
      engine.restore(hashKey(each[0]), values[n], each);
      engine.statistics?.add('writes');
    }
  };
