import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode } from '../action.ts';
import { describe } from '../describe.ts';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { Loader } from '../functions.ts';
import type { LoadOptions } from '../local/loads.ts';
import { tagList } from '../local/tags.ts';
import {
  anything,
  duration,
  flag,
  keyParameter,
  optionsParameter,
  type Parameter,
  refuseClosure,
  timeToLive,
  timeToWait,
} from '../parameters.ts';

/** Options of `fetch`. */
export interface FetchOptions<V> {
  /**
   * Time to live of what is loaded, in milliseconds or as a duration string; `null` never expires. The loader's own
   * `commit(value, { ttl })` goes before it. Default: the cache's `ttl`.
   */
  ttl?: Duration | null;
  /**
   * For how long what is loaded is kept after its `ttl`: it is a miss, but a `fetch` answers it at once while one refresh
   * loads it anew. Default: not at all.
   */
  staleFor?: Duration;
  /** How long to wait for the refresh before a stale value is answered. Default: 0. */
  softTimeout?: Duration;
  /**
   * How long a loader that this call begins may take: then its signal aborts, and everyone who waits gets `TIMEOUT`.
   * Default: for ever.
   */
  hardTimeout?: Duration;
  /** Loads although there is a live entry, and overwrites it; a load in flight is joined. Default: `false`. */
  forceRefresh?: boolean;
  /** What `invalidateTag` finds the entry by. The loader's own `commit(value, { tags })` goes before it. Default: none. */
  tags?: readonly string[];
  /** What to answer when the loader finds nothing, instead of `undefined`. It is not stored. */
  default?: V;
}

interface CheckedFetchOptions extends LoadOptions {
  default?: unknown;
}

/** What `fetch` loads with: the name of a registered function, or a function. */
export type FetchLoader<K, V, F> = (keyof F & string) | Loader<K, V>;

export interface Fetch<K extends Key, V, M extends Mode, F> {
  /**
   * Reads the value of `key`, and on a miss loads it: one load runs for a key at a time, and everyone else who asks
   * waits for it. The loader is called with the key and `{ signal }`; it may return the value,
   * `commit(value, { ttl, tags })`, `ignore(value)` (answered, not stored), or `undefined` for "there is none" (not
   * stored). What it throws reaches everyone who waits, as it is, and is not stored. A change to the key while a load runs
   * (`put`, `del`, `clear`…) wins: the result is answered, not stored. The signal aborts when the cache closes, and who
   * waits gets `CLOSED`.
   *
   * Always answers a promise. `loader` is a function, or the name of one registered under `functions`; a name that is
   * not registered: `UNKNOWN_FUNCTION`. In a cluster a function that is named runs on the key's owner, and one that is
   * given runs here, under a lease from the owner; either way one load runs in the whole cluster. Rejects also with
   * `INVALID_KEY`, `INVALID_OPTION`, `TIMEOUT` or `NODE_DOWN`.
   */
  fetch(key: K, loader: FetchLoader<K, V, F>, options?: FetchOptions<V> & CallOptions[M]): Promise<V>;
}

const loaderParameter: Parameter<string | Loader<Key, unknown>> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'function' || typeof input === 'string')
      return input as string | Loader<Key, unknown>;
    throw new CacheError('INVALID_OPTION', `loader: ${describe(input)} is not a function or the name of one`);
  },
  // In a cluster it stays with the caller, and what is sent is a request for a lease.
  wire: (checked) => refuseClosure('loader', checked),
};

export const fetch: KeyedAction<
  [key: Key, loader: string | Loader<Key, unknown>, options: CheckedFetchOptions | undefined],
  unknown
> = {
  name: 'fetch',
  effect: 'write',
  // Sent again it meets the value, joins the load in flight, or loads where the first owner's load died with its owner.
  repeatable: true,
  route: { kind: 'keyed', key: 0 },
  parameters: [
    keyParameter,
    loaderParameter,
    optionsParameter<CheckedFetchOptions>(
      {
        ttl: timeToLive,
        staleFor: duration,
        softTimeout: timeToWait,
        hardTimeout: duration,
        forceRefresh: flag,
        tags: tagList,
        default: anything,
      },
      ['default'],
    ),
  ],
  result: 'value',
  answers: 'promise',
  async execute(engine, hash, key, loader, options) {
    const load = typeof loader === 'string' ? engine.functions.find(loader) : loader;
    return engine.loads.fetch(engine, key, hash, load, options);
  },
  finish: (value, _key, _loader, options) => (value === undefined ? options?.default : value),
};
