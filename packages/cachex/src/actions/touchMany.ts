import type { Key } from '@cachex/router/hash';
import type { BatchAction, CallOptions, Mode, Reply } from '../action.ts';
import { keysParameter } from '../batch.ts';
import { none } from '../local/store.ts';
import { optionsParameter } from '../parameters.ts';

export interface TouchMany<K extends Key, M extends Mode> {
  /**
   * Marks the entries of `keys` as modified now, each as `touch` would; answers how many live entries there were. A key that
   * is there twice counts twice.
   *
   * In a cluster each owner is sent its share, all at the same time, and the answer is the sum. Rejects with `INVALID_KEY`,
   * naming the index; with `PARTIAL_RESULT` when owners could not be reached in time, and certainly did nothing; with
   * `UNKNOWN_OUTCOME` when an answer was lost.
   */
  touchMany(keys: Iterable<K>, options?: CallOptions[M]): Reply<M, number>;
}

export const touchMany: BatchAction<[keys: readonly Key[], options: object | undefined], boolean> = {
  name: 'touchMany',
  effect: 'write',
  repeatable: false,
  route: { kind: 'batch', keyOf: (key) => key },
  parameters: [keysParameter, optionsParameter<object>({})],
  result: 'plain',
  countsItem: (done) => (done ? 'updates' : undefined),
  execute(engine, hash, key) {
    const slot = engine.find(key, hash);
    if (slot !== none) engine.touch(slot);
    return slot !== none;
  },
  finish: (done) => (done as readonly (boolean | undefined)[]).filter(Boolean).length,
};
