import type { Key } from '@cachex/router/hash';
import { CacheError } from './errors.ts';
import type { Outcome } from './outcome.ts';

/** What a loader is told beside the key. */
export interface LoadContext {
  /** Aborts when the cache closes: the load's result is not wanted any more. */
  readonly signal: AbortSignal;
}

/** What a loader may return: a value, `commit(value, { ttl })`, `ignore(value)`, or `undefined` for "there is none". */
export type Loaded<V> = V | Outcome<V> | undefined;

/** Finds the value of a key that is not in the cache. */
export type Loader<K, V> = (key: K, context: LoadContext) => Loaded<V> | Promise<Loaded<V>>;

/** The functions a cache is given by name. In a cluster every node that opens the cache registers the same names. */
export type FunctionMap<K, V> = Readonly<Record<string, Loader<K, V>>>;

/** Looks functions up by name. */
export class Functions {
  readonly #cache: string;
  // biome-ignore lint/suspicious/noExplicitAny: the types of keys and values end at the facade.
  readonly #functions: ReadonlyMap<string, Loader<any, unknown>>;

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  constructor(cache: string, functions: FunctionMap<any, unknown>) {
    this.#cache = cache;
    this.#functions = new Map(Object.entries(functions));
  }

  /** The function of that name; `UNKNOWN_FUNCTION` if there is none. */
  find(name: string): Loader<Key, unknown> {
    const found = this.#functions.get(name);
    if (found !== undefined) return found;
    const known = this.#functions.size === 0 ? 'none' : [...this.#functions.keys()].join(', ');
    throw new CacheError(
      'UNKNOWN_FUNCTION',
      `cache '${this.#cache}' has no function '${name}'; known: ${known}`,
    );
  }
}
