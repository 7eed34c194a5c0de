import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode } from '../action.ts';
import { describe } from '../describe.ts';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { Loader } from '../functions.ts';
import {
  anything,
  keyParameter,
  optionsParameter,
  type Parameter,
  refuseClosure,
  timeToLive,
} from '../parameters.ts';

/** Options of `fetch`. */
export interface FetchOptions<V> {
  /**
   * Time to live of what is loaded, in milliseconds or as a duration string; `null` never expires. The loader's own
   * `commit(value, { ttl })` goes before it. Default: the cache's `ttl`.
   */
  ttl?: Duration | null;
  /** What to answer when the loader finds nothing, instead of `undefined`. It is not stored. */
  default?: V;
}

interface CheckedFetchOptions {
  ttl?: number | null;
  default?: unknown;
}

/** What `fetch` loads with, by mode: the name of a registered function, or where no node lies between a function. */
export interface FetchLoaders<K, V, F> {
  sync: (keyof F & string) | Loader<K, V>;
  async: keyof F & string;
}

export interface Fetch<K extends Key, V, M extends Mode, F> {
  /**
   * Reads the value of `key`, and on a miss loads it: one load runs for a key at a time, and everyone else who asks
   * waits for it. The loader is called with the key and `{ signal }`; it may return the value, `commit(value, { ttl })`,
   * `ignore(value)` (answered, not stored), or `undefined` for "there is none" (not stored). What it throws reaches
   * everyone who waits, as it is, and is not stored. A change to the key while a load runs (`put`, `del`, `clear`…) wins:
   * the result is answered, not stored. The signal aborts when the cache closes, and who waits gets `CLOSED`.
   *
   * Always answers a promise. `loader` is a function, or the name of one registered under `functions`; a name that is
   * not registered: `UNKNOWN_FUNCTION`. In a cluster it is a name, the function runs on the key's owner, and a closure
   * is refused with `NOT_SERIALIZABLE`. Rejects also with `INVALID_KEY`, `INVALID_OPTION`, `TIMEOUT` or `NODE_DOWN`.
   */
  fetch(key: K, loader: FetchLoaders<K, V, F>[M], options?: FetchOptions<V> & CallOptions[M]): Promise<V>;
}

const loaderParameter: Parameter<string | Loader<Key, unknown>> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'function' || typeof input === 'string')
      return input as string | Loader<Key, unknown>;
    throw new CacheError('INVALID_OPTION', `loader: ${describe(input)} is not a function or the name of one`);
  },
  wire: (checked) => refuseClosure('loader', checked),
};

export const fetch: KeyedAction<
  [key: Key, loader: string | Loader<Key, unknown>, options: CheckedFetchOptions | undefined],
  unknown
> = {
  name: 'fetch',
  effect: 'write',
  readsPresent: true,
  // Sent again it meets the value, joins the load in flight, or loads where the first owner's load died with its owner.
  repeatable: true,
  route: { kind: 'keyed', key: 0 },
  parameters: [
    keyParameter,
    loaderParameter,
    optionsParameter<CheckedFetchOptions>({ ttl: timeToLive, default: anything }, ['default']),
  ],
  result: 'value',
  answers: 'promise',
  async execute(engine, hash, key, loader, options) {
    const load = typeof loader === 'string' ? engine.functions.find(loader) : loader;
    return engine.loads.fetch(engine, key, hash, load, options);
  },
  finish: (value, _key, _loader, options) => (value === undefined ? options?.default : value),
};
