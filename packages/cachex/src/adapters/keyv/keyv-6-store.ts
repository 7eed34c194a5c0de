import { CacheError } from '../../errors.ts';
import { checkOptions, nameFrom } from '../../parameters.ts';
import type { Timed } from '../timed.ts';
import { type KeyvCache, KeyvEntries } from './entries.ts';

/** Options of {@link Keyv6Store}. */
export interface Keyv6StoreOptions {
  /** Its entries are those whose keys begin with this and a colon. Keyv sets its own, if it has one. Default: none. */
  namespace?: string;
}

const methodNames = [
  'get',
  'getMany',
  'has',
  'hasMany',
  'set',
  'setMany',
  'delete',
  'deleteMany',
  'clear',
  'disconnect',
  'iterator',
] as const;

interface Entry {
  key: string;
  value: unknown;
  expires?: number | undefined;
}

type Method = { readonly exists: true; readonly methodType: 'async' };

/** An instant before this, in 1973, is a time to live that Keyv 5 gives. */
const firstInstant = 1e11;

/**
 * A store for Keyv 6 over a cache of this process or of a cluster: `new Keyv({ store: new Keyv6Store(cache) })`. Keyv 6 leaves
 * the namespace to it, and says when an entry expires, by the clock of this process; the cache is told how long that is from
 * now. What it does not say, the `ttl` of the cache does.
 *
 * Its methods reject with the errors of the cache, and with `INVALID_OPTION` if it is Keyv 5 that calls. A namespace is
 * cleared, and walked through, by the beginning of its keys: every entry of the cache is looked at, where it is.
 */
export class Keyv6Store extends KeyvEntries {
  namespace: string | undefined;
  /** By this Keyv 6 knows what it may ask. */
  readonly capabilities: {
    readonly compatible: true;
    readonly store: 'keyvStorage';
    readonly expires: true;
    readonly methods: Record<(typeof methodNames)[number], Method>;
  } = {
    compatible: true,
    store: 'keyvStorage',
    expires: true,
    methods: Object.fromEntries(
      methodNames.map((name) => [name, { exists: true, methodType: 'async' }]),
    ) as Record<(typeof methodNames)[number], Method>,
  };

  constructor(cache: KeyvCache, options: Keyv6StoreOptions = {}) {
    super(cache);
    const { namespace } = checkOptions('options', options, { namespace: nameFrom }) as Keyv6StoreOptions;
    this.namespace = namespace;
  }

  protected keyOf(key: string): string {
    return this.prefixOf(this.namespace) + key;
  }

  /** Stores a value until `expires`, in ms since 1970. */
  async set(key: string, value: unknown, expires?: number): Promise<boolean> {
    return this.write(given({ key, value, expires }, Date.now()));
  }

  async setMany(entries: Entry[]): Promise<boolean[]> {
    const now = Date.now();
    return this.writeMany(entries.map((entry) => given(entry, now)));
  }

  /** Whether each of them was there. */
  deleteMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.delete(key)));
  }

  /** Removes the entries of the namespace; without one, all of the cache. */
  clear(): Promise<void> {
    return this.clearNamespace(this.namespace);
  }

  async *iterator<T>(): AsyncGenerator<(string | Awaited<T> | undefined)[], void> {
    const { namespace } = this;
    const prefix = this.prefixOf(namespace);
    for await (const [key, value] of this.entriesOf<Awaited<T>>(namespace))
      yield [key.slice(prefix.length), value];
  }
}

function given({ key, value, expires }: Entry, now: number): Timed {
  if (expires === undefined) return { key, value, left: undefined };
  if (expires >= firstInstant) return { key, value, left: expires - now };
  const message = `expires: ${expires} is a time to live, as Keyv 5 gives it; use Keyv5Store with Keyv 5`;
  throw new CacheError('INVALID_OPTION', message);
}
