import { hashKey, type Key } from '@cachex/router/hash';
import type { CallerAction, Mode, Reply } from '../action.ts';
import { describe, describeKey } from '../describe.ts';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { Loaded } from '../functions.ts';
import type { Engine } from '../local/engine.ts';
import { tagList } from '../local/tags.ts';
import { readOutcome } from '../outcome.ts';
import { anything, keyParameter, optionsParameter, type Parameter, timeToLive } from '../parameters.ts';
import { isPromise } from '../promise.ts';

/** Finds the value of a key that is not in the cache, without waiting for anything. */
export type SyncLoader<K, V> = (key: K) => Loaded<V>;

/** Options of `fetchSync`. */
export interface FetchSyncOptions<V> {
  /**
   * Time to live of what is loaded, in milliseconds or as a duration string; `null` never expires. The loader's own
   * `commit(value, { ttl })` goes before it. Default: the cache's `ttl`.
   */
  ttl?: Duration | null;
  /** What `invalidateTag` finds the entry by. The loader's own `commit(value, { tags })` goes before it. Default: none. */
  tags?: readonly string[];
  /** What to answer when the loader finds nothing, instead of `undefined`. It is not stored. */
  default?: V;
}

interface CheckedFetchSyncOptions {
  ttl?: number | null;
  tags?: readonly string[];
  default?: unknown;
}

/** What `fetchSync` takes, by mode: in a cluster nothing at all. */
export interface SyncLoaders<K, V> {
  sync: SyncLoader<K, V>;
  async: never;
}

export interface FetchSync<K extends Key, V, M extends Mode> {
  /**
   * Reads the value of `key`, and on a miss loads it with a function that answers at once. It may return what a loader of
   * `fetch` may, but no promise: `INVALID_OPTION`. What it throws reaches the caller, and nothing is stored. It does not
   * wait for a `fetch` of the same key that is under way; it overtakes it.
   *
   * Only in one process: in a cluster it is refused with `INVALID_OPTION`, for the key may be elsewhere. Use `fetch`.
   */
  fetchSync(key: K, loader: SyncLoaders<K, V>[M], options?: FetchSyncOptions<V>): Reply<M, V>;
}

const loaderParameter: Parameter<SyncLoader<Key, unknown>> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'function') return input as SyncLoader<Key, unknown>;
    throw new CacheError('INVALID_OPTION', `loader: ${describe(input)} is not a function`);
  },
};

export const fetchSync: CallerAction<
  [key: Key, loader: SyncLoader<Key, unknown>, options: CheckedFetchSyncOptions | undefined],
  unknown
> = {
  name: 'fetchSync',
  effect: 'write',
  repeatable: false,
  route: { kind: 'caller' },
  parameters: [
    keyParameter,
    loaderParameter,
    optionsParameter<CheckedFetchSyncOptions>({ ttl: timeToLive, tags: tagList, default: anything }, [
      'default',
    ]),
  ],
  result: 'value',
  execute: (engine, _cache, key, loader, options) => load(engine, key, loader, options),
  finish: (value, _key, _loader, options) => (value === undefined ? options?.default : value),
};

function load(
  engine: Engine,
  key: Key,
  loader: SyncLoader<Key, unknown>,
  options: CheckedFetchSyncOptions = {},
): unknown {
  const hash = hashKey(key);
  const present = engine.read(key, hash);
  engine.statistics?.add(present === undefined ? 'misses' : 'hits');
  if (present !== undefined) return present;
  engine.statistics?.add('loads');
  const begun = engine.loads.create(key, hash);
  const before = engine.versionOf(key, hash);
  const result = loader(begun.key);
  if (isPromise(result)) {
    // Whatever becomes of it, nobody waits for it.
    result.then(undefined, () => {});
    throw new CacheError(
      'INVALID_OPTION',
      `loader: it returned a promise for ${describeKey(key)}; use fetch for a loader that must be awaited`,
    );
  }
  const { store, value, ttl, tags } = readOutcome(result);
  const held = store || value !== undefined ? engine.hold(value) : undefined;
  // What the loader itself has put there is newer.
  const unchanged = engine.versionOf(key, hash) === before;
  if (store && unchanged)
    engine.storeLoaded(begun, {
      kind: 'loaded',
      held,
      store,
      ttl: ttl === undefined ? options.ttl : ttl,
      tags: tags ?? options.tags,
    });
  return held;
}
