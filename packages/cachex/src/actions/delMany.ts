import type { Key } from '@cachex/router/hash';
import type { BatchAction, CallOptions, Mode, Reply } from '../action.ts';
import { keysParameter } from '../batch.ts';
import { optionsParameter } from '../parameters.ts';

export interface DelMany<K extends Key, M extends Mode> {
  /**
   * Removes the entries of `keys`, each as `del` would; answers how many live entries were removed. Loads of these keys that are
   * in flight still answer those who wait for them, but their results are not stored.
   *
   * In a cluster each owner is sent its share, all at the same time, and the answer is the sum. Rejects with `INVALID_KEY`,
   * naming the index; with `PARTIAL_RESULT` when owners could not be reached in time, and certainly did nothing; with
   * `UNKNOWN_OUTCOME` when an answer was lost.
   */
  delMany(keys: Iterable<K>, options?: CallOptions[M]): Reply<M, number>;
}

export const delMany: BatchAction<[keys: readonly Key[], options: object | undefined], boolean> = {
  name: 'delMany',
  effect: 'write',
  repeatable: false,
  route: { kind: 'batch', keyOf: (key) => key },
  parameters: [keysParameter, optionsParameter<object>({})],
  result: 'plain',
  countsItem: (done) => (done ? 'removals' : undefined),
  execute: (engine, hash, key) => engine.discard(key, hash),
  finish: (done) => (done as readonly (boolean | undefined)[]).filter(Boolean).length,
};
