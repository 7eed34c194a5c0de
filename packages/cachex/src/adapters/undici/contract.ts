import type { cacheStores } from 'undici';

/** undici exports the types of its stores by way of these alone. */
type MemoryCacheStore = InstanceType<typeof cacheStores.MemoryCacheStore>;

/** What the cache interceptor of undici asks of a store. */
export type CacheStore = Pick<MemoryCacheStore, 'get' | 'createWriteStream' | 'delete'>;

/** A request, as its response is looked for. */
export type CacheKey = Parameters<CacheStore['get']>[0];

/** A response without its body. */
export type CacheValue = Parameters<CacheStore['createWriteStream']>[1];

/** A response that was found. */
export type GetResult = NonNullable<Awaited<ReturnType<CacheStore['get']>>>;
