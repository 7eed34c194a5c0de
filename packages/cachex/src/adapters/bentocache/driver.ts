import { BaseDriver } from 'bentocache/drivers/base_driver';
import type { CreateDriverResult, L2CacheDriver } from 'bentocache/types';
import type { ClusterCache } from '../../cluster/cluster-cache.ts';
import type { EitherCache } from '../either-cache.ts';
import { clearWith, type Walked } from '../prefixed.ts';
import { write } from '../timed.ts';

type Used = 'get' | 'take' | 'put' | 'del' | 'delMany' | 'clear';

/** Where the second level keeps its entries: in a cache of a cluster, or of this process. */
export type BentoCacheCache = EitherCache<string, Used> & Walked;

/** Options of {@link cachexDriver}. */
export interface CachexDriverOptions {
  /** Where the entries are kept. It is not closed with BentoCache. */
  cache: BentoCacheCache;
  /** What their keys begin with there, and a colon. Default: that of BentoCache, `bentocache`. */
  prefix?: string;
}

/**
 * A second level for BentoCache over a cache of a cluster: `bentostore().useL2Layer(cachexDriver({ cache }))`. An entry lives as
 * long as BentoCache says; one that never expires there, as long as the `ttl` of the cache says. Its methods reject with the
 * errors of the cache. `clear` goes by the beginning of keys: every entry of the cache is looked at, where it is.
 */
export function cachexDriver(options: CachexDriverOptions): CreateDriverResult<L2CacheDriver> {
  return { options, factory: (config: CachexDriverOptions) => new CachexDriver(config) };
}

class CachexDriver extends BaseDriver implements L2CacheDriver {
  readonly type = 'l2';
  readonly #cache: Pick<ClusterCache<string, string>, Used> & Walked;

  constructor(config: CachexDriverOptions) {
    super(config);
    this.#cache = config.cache as Pick<ClusterCache<string, string>, Used> & Walked;
  }

  namespace(namespace: string): CachexDriver {
    const cache = this.#cache as BentoCacheCache;
    return new CachexDriver({ cache, prefix: this.createNamespacePrefix(namespace) });
  }

  async get(key: string): Promise<string | undefined> {
    return this.#cache.get(this.getItemKey(key));
  }

  async pull(key: string): Promise<string | undefined> {
    return this.#cache.take(this.getItemKey(key));
  }

  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    await write(this.#cache, { key: this.getItemKey(key), value, left: ttl || undefined });
    return true;
  }

  clear(): Promise<void> {
    return clearWith(this.#cache, this.prefix && `${this.prefix}:`);
  }

  async delete(key: string): Promise<boolean> {
    return this.#cache.del(this.getItemKey(key));
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    await this.#cache.delMany(keys.map((key) => this.getItemKey(key)));
    return true;
  }

  /** The cache stays open: that is for those who opened it. */
  async disconnect(): Promise<void> {}
}
