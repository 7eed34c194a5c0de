import type { Key } from '@cachex/router/hash';
import { CacheError } from './errors.ts';
import type { Outcome } from './outcome.ts';

/** What a loader is told beside the key. */
export interface LoadContext {
  /** Aborts when the cache closes: the load's result is not wanted any more. */
  readonly signal: AbortSignal;
}

/** What a loader may return: a value, `commit(value, { ttl })` or `ignore(value)`. A bare `undefined` is not stored. */
export type Loaded<V> = V | Outcome<V>;

/** Finds the value of a key that is not in the cache. */
export type Loader<K, V> = (key: K, context: LoadContext) => Loaded<V> | Promise<Loaded<V>>;

/** The functions a cache is given by name. In a cluster every node that opens the cache registers the same names. */
export type FunctionMap<K, V> = Readonly<Record<string, Loader<K, V>>>;

// biome-ignore lint/suspicious/noExplicitAny: the types of keys and values are inferred from the functions.
export type AnyFunctions = Readonly<Record<string, (key: any, context: LoadContext) => unknown>>;

/** The type of the keys that functions take, for a cache whose types follow from its functions. */
export type KeyOf<F> = F[keyof F] extends (key: infer K, ...rest: never) => unknown
  ? unknown extends K
    ? Key
    : Extract<K, Key>
  : never;

/** The type of the values that functions load, for a cache whose types follow from its functions. */
export type ValueOf<F> = {
  [N in keyof F]: F[N] extends (...args: never) => infer R ? Bare<Awaited<R>> : never;
}[keyof F];

type Bare<R> = R extends Outcome<infer V> ? V : R;

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

  get names(): readonly string[] {
    return [...this.#functions.keys()];
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
