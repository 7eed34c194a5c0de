import type { Key } from '@cachex/router/hash';
import type { BatchAction, CallOptions, Mode, Reply } from '../action.ts';
import { keysParameter } from '../batch.ts';
import { optionsParameter } from '../parameters.ts';

export interface GetMany<K extends Key, V, M extends Mode> {
  /**
   * Reads the values of `keys`: a list in the order asked, with `undefined` where there is no live entry. `keys` is an
   * array, a `Set`, or anything else that can be walked through. Counts as a use of each entry for the eviction policy.
   *
   * In a cluster the owners of the keys are asked at the same time, one request each; each answers for its keys as they are
   * at one moment. Rejects with `INVALID_KEY`, naming the index, and with `PARTIAL_RESULT` when a key's owner did not answer
   * in time: the error's `value` is the list so far.
   */
  getMany(keys: Iterable<K>, options?: CallOptions[M]): Reply<M, (V | undefined)[]>;
}

export const getMany: BatchAction<[keys: readonly Key[], options: object | undefined], unknown> = {
  name: 'getMany',
  effect: 'read',
  repeatable: true,
  route: { kind: 'batch', keyOf: (key) => key },
  parameters: [keysParameter, optionsParameter<object>({})],
  result: 'values',
  near: 'value',
  countsItem: (held) => (held === undefined ? 'misses' : 'hits'),
  execute: (engine, hash, key) => engine.read(key, hash),
};
