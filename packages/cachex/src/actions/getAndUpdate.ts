import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { AnyUpdater, Updated, UpdaterName } from '../functions.ts';
import { keyParameter, optionsParameter, type Parameter, refuseClosure } from '../parameters.ts';

/** The closures that `getAndUpdate` takes, by mode: none where they would have to be sent. */
export interface Updates<K, V> {
  sync: (value: V | undefined, key: K) => Updated<V>;
  async: never;
}

/** The closures that make `getAndUpdate` answer a promise, by mode. */
export interface AsyncUpdates<K, V> {
  sync: (value: V | undefined, key: K) => Promise<Updated<V>>;
  async: never;
}

/** How `getAndUpdate` answers by name: by a promise in a cluster, or if the function is asynchronous. */
export type NamedReply<M extends Mode, V, F> = M extends 'async'
  ? Promise<V>
  : F extends (...args: never) => infer R
    ? R extends PromiseLike<unknown>
      ? Promise<V>
      : V
    : V;

export interface GetAndUpdate<K extends Key, V, M extends Mode, F> {
  /**
   * The same with an asynchronous function, and the answer is a promise. It commits only if the entry is still as the function
   * saw it, and otherwise runs the function again with the new value; so nobody has to wait meanwhile, no change is lost,
   * and the function may run more than once.
   */
  getAndUpdate(key: K, update: AsyncUpdates<K, V>[M], options?: CallOptions[M]): Promise<V>;
  /**
   * Makes a new value of the one that `key` has, atomically, and answers the new one. `update` is called with the value
   * (`undefined` on a miss) and the key. It may return the new value, `commit(value, { ttl })`, or `ignore(value)`: that is
   * answered, and nothing is stored. An entry that is there keeps its expiry; one that is not is created with the cache's `ttl`.
   * What the function throws reaches the caller, and nothing changes.
   */
  getAndUpdate(key: K, update: Updates<K, V>[M], options?: CallOptions[M]): Reply<M, V>;
  /**
   * The same with the name of a function that is registered under `functions`; a name that is not: `UNKNOWN_FUNCTION`.
   *
   * In a cluster it runs on the key's owner. A closure cannot be sent there: `NOT_SERIALIZABLE`. Fails also with
   * `INVALID_KEY`, `INVALID_OPTION`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  getAndUpdate<N extends UpdaterName<K, V, F>>(
    key: K,
    update: N,
    options?: CallOptions[M],
  ): NamedReply<M, V, F[N & keyof F]>;
}

const updateParameter: Parameter<string | AnyUpdater> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'function' || typeof input === 'string') return input as string | AnyUpdater;
    throw new CacheError('INVALID_OPTION', `update: ${describe(input)} is not a function or the name of one`);
  },
  wire: (checked) => refuseClosure('update', checked),
};

export const getAndUpdate: KeyedAction<
  [key: Key, update: string | AnyUpdater, options: object | undefined],
  unknown
> = {
  name: 'getAndUpdate',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, updateParameter, optionsParameter<object>({})],
  result: 'value',
  answers: 'either',
  execute(engine, hash, key, update) {
    const updater = typeof update === 'string' ? engine.functions.updater(update) : update;
    return engine.updates.run(engine, key, hash, updater);
  },
};
