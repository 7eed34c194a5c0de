import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import type { Key } from '@cachex/router/hash';
import type { ClusterCache } from '../../cluster/cluster-cache.ts';
import { commit, ignore } from '../../outcome.ts';
import { callback, checkOptions, positiveInteger } from '../../parameters.ts';
import type { EitherCache } from '../either-cache.ts';
import type { CacheKey, CacheStore, CacheValue, GetResult } from './contract.ts';
import { covers, type Resource, resourceKey, responseKey, type Variation } from './resource.ts';

/** A response as it is stored. */
export interface StoredResponse extends CacheValue {
  readonly body: Buffer;
}

type Used = 'get' | 'getMany' | 'put' | 'add' | 'del' | 'getAndUpdate';

/** What responses are kept in: a cache of this process, or of a cluster, of their own. */
export type HttpCache = EitherCache<unknown, Used>;

/** Options of {@link HttpCacheStore}. */
export interface HttpCacheStoreOptions {
  /** Bytes of a body from which on a response is not stored. Default: 5 MiB. */
  maxEntrySize?: number;
  /** Told of errors of the cache. Whatever fails, requests go on, to the origin. Default: nobody is told. */
  onError?: (error: unknown) => void;
}

const defaultMaxEntrySize = 5 * 1024 * 1024;

/**
 * A store for the cache interceptor of undici. Each URL has an entry that says which request headers its responses vary by, and
 * each response has one of its own, by their values. In a cluster all processes see the same responses.
 *
 * `delete` makes all responses of a URL unreachable at once, those included that are still being received: an unsafe request that
 * overtakes them wins.
 */
export class HttpCacheStore implements CacheStore {
  /** What a local cache answers at once is awaited like the rest. */
  readonly #cache: Pick<ClusterCache<Key, Resource | StoredResponse>, Used>;
  readonly #maxEntrySize: number;
  readonly #onError: (error: unknown) => void;

  constructor(cache: HttpCache, options: HttpCacheStoreOptions = {}) {
    const checked: HttpCacheStoreOptions = checkOptions('options', options, {
      maxEntrySize: positiveInteger,
      onError: callback,
    });
    this.#cache = cache as Pick<ClusterCache<Key, Resource | StoredResponse>, Used>;
    this.#maxEntrySize = checked.maxEntrySize ?? defaultMaxEntrySize;
    this.#onError = checked.onError ?? (() => {});
  }

  /** The newest response that answers a request. `undefined`: there is none, or the cache has failed. */
  async get(key: CacheKey): Promise<GetResult | undefined> {
    try {
      const resource = (await this.#cache.get(resourceKey(key))) as Resource | undefined;
      if (resource === undefined) return undefined;
      const keys = resource.variations.map((names) => responseKey(key, resource, names, key.headers));
      const found = (await this.#cache.getMany(keys)) as (StoredResponse | undefined)[];
      const now = Date.now();
      const [newest] = found
        .filter((response) => response !== undefined && response.deleteAt > now)
        .sort((one, other) => other!.cachedAt - one!.cachedAt);
      return newest && resultOf(newest);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  /** Takes the body of a response, and stores it once it is complete. */
  createWriteStream(key: CacheKey, value: CacheValue): Writable {
    const variation = Object.keys(value.vary ?? {}).sort();
    const chunks: Buffer[] = [];
    let size = 0;
    let resource: Resource | undefined;
    const maxEntrySize = this.#maxEntrySize;
    const settle = (work: Promise<void>, done: (error?: Error | null) => void): void => {
      work.then(
        () => done(),
        (error) => {
          this.#onError(error);
          done(error);
        },
      );
    };
    const open = async (): Promise<void> => {
      resource = await this.#resource(key, variation, value.deleteAt);
    };
    return new Writable({
      construct: (done) => settle(open(), done),
      write(chunk: Buffer, _encoding, done) {
        size += chunk.byteLength;
        if (size < maxEntrySize) chunks.push(chunk);
        else this.destroy();
        done();
      },
      final: (done) =>
        settle(this.#store(key, { ...value, body: Buffer.concat(chunks) }, variation, resource), done),
    });
  }

  /** Removes all responses of a URL, whatever the method. Never rejects, for undici awaits nothing. */
  async delete({ origin, path }: Pick<CacheKey, 'origin' | 'path'>): Promise<void> {
    try {
      await this.#cache.del([origin, path]);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** What is known of a URL; it is known from now on, if it was not. */
  async #resource(key: CacheKey, variation: Variation, until: number): Promise<Resource | undefined> {
    const known = await this.#cache.get(resourceKey(key));
    if (known !== undefined) return known as Resource;
    const ttl = until - Date.now();
    if (ttl <= 0) return undefined;
    const created: Resource = { generation: randomUUID(), variations: [variation], until };
    if (await this.#cache.add(resourceKey(key), created, { ttl })) return created;
    // Somebody else was faster. Whoever has removed it since has removed this response as well.
    return (await this.#cache.get(resourceKey(key))) as Resource | undefined;
  }

  async #store(
    key: CacheKey,
    response: StoredResponse,
    variation: Variation,
    resource: Resource | undefined,
  ): Promise<void> {
    const ttl = response.deleteAt - Date.now();
    if (resource === undefined || ttl <= 0) return;
    await this.#cache.put(responseKey(key, resource, variation, response.vary), response, { ttl });
    if (covers(resource, variation, response.deleteAt)) return;
    await this.#cache.getAndUpdate(resourceKey(key), (present) => {
      const latest = present as Resource | undefined;
      if (latest === undefined || latest.generation !== resource.generation) return ignore(resource);
      const until = Math.max(latest.until, response.deleteAt);
      const { generation } = latest;
      const variations = covers(latest, variation, 0) ? latest.variations : [...latest.variations, variation];
      return commit({ generation, variations, until }, { ttl: until - Date.now() });
    });
  }
}

function resultOf({ body, cacheControlDirectives = {}, ...response }: StoredResponse): GetResult {
  return { ...response, cacheControlDirectives, body: body.byteLength === 0 ? [] : [body] };
}
