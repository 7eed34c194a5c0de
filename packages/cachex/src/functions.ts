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

/** What an updater may return: the new value, `commit(value, { ttl })` or `ignore(value)`. */
export type Updated<V> = V | Outcome<V>;

/** Makes a new value of the present one, which is `undefined` where there is none. */
export type Updater<K, V> = (value: V | undefined, key: K) => Updated<V> | Promise<Updated<V>>;

/** An updater whose types have ended at the facade. */
export type AnyUpdater = (value: unknown, key: Key) => unknown;

/** The functions a cache is given by name. In a cluster every node that opens the cache registers the same names. */
export type FunctionMap<K, V> = Readonly<Record<string, Loader<K, V>>>;

/** The same where some are for `getAndUpdate`; state the types of their parameters. */
export type MixedFunctionMap<K, V> = Readonly<Record<string, Loader<K, V> | Updater<K, V>>>;

// biome-ignore lint/suspicious/noExplicitAny: the types of keys and values are inferred from the functions.
export type AnyLoaders = Readonly<Record<string, (key: any, context: LoadContext) => unknown>>;

// biome-ignore lint/suspicious/noExplicitAny: as above; what comes second is a key for updaters.
export type AnyFunctions = Readonly<Record<string, (subject: any, second: any) => unknown>>;

/** Whether a function is taken for an updater: its second parameter is a key, or its only one cannot be. */
type IsUpdater<T> = T extends (first: infer A, second: infer B) => unknown
  ? unknown extends B
    ? unknown extends A
      ? false
      : [A] extends [Key]
        ? false
        : true
    : [B] extends [Key]
      ? true
      : false
  : false;

type LoadersOf<F> = { [N in keyof F as IsUpdater<F[N]> extends true ? never : N]: F[N] };

/** The type of the keys that functions take, for a cache whose types follow from its functions. */
export type KeyOf<F> = [keyof LoadersOf<F>] extends [never]
  ? F[keyof F] extends (value: never, key: infer K, ...rest: never) => unknown
    ? KeyFrom<K>
    : Key
  : LoadersOf<F>[keyof LoadersOf<F>] extends (key: infer K, ...rest: never) => unknown
    ? KeyFrom<K>
    : never;

type KeyFrom<K> = unknown extends K ? Key : Extract<K, Key>;

/** The type of the values that functions make, for a cache whose types follow from its functions. */
export type ValueOf<F> = {
  [N in keyof F]: F[N] extends (...args: never) => infer R ? Bare<Awaited<R>> : never;
}[keyof F];

type Bare<R> = R extends Outcome<infer V> ? V : R;

/** The names of the functions that `getAndUpdate` can be given; any name where the functions are not known. */
export type UpdaterName<K, V, F> = string extends keyof F
  ? string
  : {
      [N in keyof F & string]: F[N] extends (value: V | undefined, key: K) => unknown ? N : never;
    }[keyof F & string];

/** Looks functions up by name. */
export class Functions {
  readonly #cache: string;
  // biome-ignore lint/suspicious/noExplicitAny: the types of keys and values end at the facade.
  readonly #functions: ReadonlyMap<string, Loader<any, unknown> | Updater<any, unknown>>;

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  constructor(cache: string, functions: MixedFunctionMap<any, unknown>) {
    this.#cache = cache;
    this.#functions = new Map(Object.entries(functions));
  }

  get names(): readonly string[] {
    return [...this.#functions.keys()];
  }

  /** The loader of that name; `UNKNOWN_FUNCTION` if there is none. */
  find(name: string): Loader<Key, unknown> {
    return this.#find(name) as Loader<Key, unknown>;
  }

  /** The updater of that name; `UNKNOWN_FUNCTION` if there is none. */
  updater(name: string): AnyUpdater {
    return this.#find(name) as AnyUpdater;
  }

  #find(name: string): unknown {
    const found = this.#functions.get(name);
    if (found !== undefined) return found;
    const known = this.#functions.size === 0 ? 'none' : [...this.#functions.keys()].join(', ');
    throw new CacheError(
      'UNKNOWN_FUNCTION',
      `cache '${this.#cache}' has no function '${name}'; known: ${known}`,
    );
  }
}
