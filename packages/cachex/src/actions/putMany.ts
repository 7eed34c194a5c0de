import type { Key } from '@cachex/router/hash';
import type { BatchAction, CallOptions, Mode, Reply } from '../action.ts';
import { type Pair, pairsParameter } from '../batch.ts';
import type { Duration } from '../duration.ts';
import { tagList } from '../local/tags.ts';
import { flag, optionsParameter, timeToLive } from '../parameters.ts';

/** Options of `putMany`. */
export interface PutManyOptions {
  /** Time to live of each, in milliseconds or as a duration string; `null` never expires. Default: the cache's `ttl`. */
  ttl?: Duration | null;
  /** What `invalidateTag` finds each of them by: at most 64 strings of 1 to 256 characters. Default: none. */
  tags?: readonly string[];
  /**
   * Stores all pairs at one moment or none. In a cluster this asks for keys that one node owns, and is refused with
   * `CROSS_SLOT` otherwise. Default: `false`.
   */
  atomic?: boolean;
}

interface CheckedPutManyOptions {
  ttl?: number | null;
  tags?: readonly string[];
  atomic?: boolean;
}

export interface PutMany<K extends Key, V, M extends Mode> {
  /**
   * Stores many values, each as `put` would, in their order: of two for one key the last one stays. `pairs` is a `Map`, a list
   * of `[key, value]`, or anything else that yields such pairs. All are checked first: if one is wrong, none is stored.
   *
   * In a cluster each owner is sent its share, all at the same time. Rejects with `INVALID_KEY`, `INVALID_OPTION`,
   * `NOT_SERIALIZABLE` or `TOO_LARGE`, naming the index; with `CROSS_SLOT`; with `PARTIAL_RESULT` when owners could not be
   * reached in time, whose pairs are certainly not stored; with `UNKNOWN_OUTCOME` when an answer was lost.
   */
  putMany(pairs: Iterable<readonly [K, V]>, options?: PutManyOptions & CallOptions[M]): Reply<M, void>;
  /** The same as `putMany`. */
  setMany(pairs: Iterable<readonly [K, V]>, options?: PutManyOptions & CallOptions[M]): Reply<M, void>;
}

export const putMany: BatchAction<
  [pairs: readonly Pair[], options: CheckedPutManyOptions | undefined],
  true
> = {
  name: 'putMany',
  aliases: ['setMany'],
  effect: 'write',
  repeatable: false,
  route: { kind: 'batch', keyOf: ([key]) => key, whole: (options) => options?.atomic === true },
  parameters: [
    pairsParameter,
    optionsParameter<CheckedPutManyOptions>({ ttl: timeToLive, tags: tagList, atomic: flag }),
  ],
  result: 'plain',
  countsItem: () => 'writes',
  check: (engine, pairs) => engine.checkSizes(pairs),
  execute(engine, hash, [key, value], options) {
    engine.write(key, hash, value, options?.ttl, options);
    return true;
  },
  finish: () => undefined,
};
