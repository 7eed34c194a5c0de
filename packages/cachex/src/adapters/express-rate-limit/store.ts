import type { ClientRateLimitInfo, Options, Store } from 'express-rate-limit';
import type { ClusterCache } from '../../cluster/cluster-cache.ts';
import { describe } from '../../describe.ts';
import { CacheError } from '../../errors.ts';
import { checkOptions, type OptionCheck } from '../../parameters.ts';
import type { EitherCache } from '../either-cache.ts';

type Used = 'name' | 'get' | 'ttl' | 'incr' | 'update' | 'del' | 'keys' | 'delMany';

/** What the hits are counted in: a cache of this process, or of a cluster. */
export type RateLimitCache = EitherCache<unknown, Used>;

/** Options of {@link RateLimitStore}. */
export interface RateLimitStoreOptions {
  /** What keys begin with. Limiters that share a cache need different ones. Default: the name of the cache and a colon. */
  prefix?: string;
}

const prefixCheck: OptionCheck = (option, input) => {
  if (typeof input === 'string') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a string`);
};

/**
 * A store of express-rate-limit. In a cluster the owner of a key counts its hits, so none is lost however many processes count
 * at the same time. A window begins with its first hit and lasts `windowMs`; the entry lives as long as that.
 *
 * Its methods reject with the errors of the cache, for example `NODE_DOWN`; `passOnStoreError` of express-rate-limit says
 * what becomes of the request then.
 */
export class RateLimitStore implements Store {
  /** Hits that are counted here are seen by other stores over the same cache. */
  readonly localKeys = false;
  readonly prefix: string;
  /** What a local cache answers at once is awaited like the rest. */
  readonly #cache: Pick<ClusterCache<string, number>, Used>;
  #windowMs: number | undefined;

  constructor(cache: RateLimitCache, options: RateLimitStoreOptions = {}) {
    this.#cache = cache as Pick<ClusterCache<string, number>, Used>;
    const { prefix = `${cache.name}:` } = checkOptions('options', options, {
      prefix: prefixCheck,
    }) as RateLimitStoreOptions;
    this.prefix = prefix;
  }

  /** Called by the limiter: says how long a window lasts. */
  init({ windowMs }: Pick<Options, 'windowMs'>): void {
    this.#windowMs = windowMs;
  }

  /** The hits of a client in its present window, and when that ends. */
  async get(key: string): Promise<ClientRateLimitInfo | undefined> {
    const name = this.prefix + key;
    const [totalHits, left] = await Promise.all([this.#cache.get(name), this.#cache.ttl(name)]);
    if (totalHits === undefined) return undefined;
    return { totalHits, resetTime: resetTime(left ?? 0) };
  }

  /** Counts a hit, which opens a window if there is none. */
  async increment(key: string): Promise<ClientRateLimitInfo> {
    const windowMs = this.#windowMs;
    if (windowMs === undefined) {
      const message =
        'store: how long a window lasts is not known yet; give the store to rateLimit({ store }) first';
      throw new CacheError('INVALID_OPTION', message);
    }
    const name = this.prefix + key;
    // Both go to the owner of the key together, one after the other.
    const [totalHits, left] = await Promise.all([
      this.#cache.incr(name, 1, { ttl: windowMs }),
      this.#cache.ttl(name),
    ]);
    // The owner may have changed between the two, and then the second may have been there first.
    return { totalHits, resetTime: resetTime(left ?? (totalHits === 1 ? windowMs : 0)) };
  }

  /** Takes a hit back, if its window is still there and has one. */
  async decrement(key: string): Promise<void> {
    await this.#cache.update(this.prefix + key, (hits) => Math.max(0, hits - 1));
  }

  /** Forgets the hits of a client. */
  async resetKey(key: string): Promise<void> {
    await this.#cache.del(this.prefix + key);
  }

  /** Forgets the hits of all clients, of all processes. Other keys of the cache stay. */
  async resetAll(): Promise<void> {
    const keys = await this.#cache.keys();
    await this.#cache.delMany(keys.filter((key) => key.startsWith(this.prefix)));
  }
}

function resetTime(left: number): Date {
  return new Date(Date.now() + left);
}
