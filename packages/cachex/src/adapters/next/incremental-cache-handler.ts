import { type NextCacheSource, type NextHandlerOptions, readOptions } from './source.ts';
import { type Durations, entryTags, instant, Tags } from './tags.ts';

/** A response of a route, or of a `fetch`, as Next gives and takes it: data, which is not looked into but for its tags. */
export interface IncrementalValue {
  readonly kind: string;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** How long a response is kept, in seconds. */
export interface CacheControl {
  readonly revalidate: number | false;
  readonly expire?: number | undefined;
}

/** What is known of a read or a write. */
export interface IncrementalContext {
  readonly kind?: string;
  readonly tags?: readonly string[];
  readonly softTags?: readonly string[];
  readonly cacheControl?: CacheControl;
}

/** What was found. */
export interface IncrementalEntry {
  /** When it was stored, in ms since 1970; -1: it has to be made anew. */
  readonly lastModified: number;
  readonly value: IncrementalValue | null;
  readonly cacheControl?: CacheControl;
}

interface StoredValue extends IncrementalEntry {
  readonly tags: readonly string[];
}

/** What the option `cacheHandler` of Next asks of a handler. */
export interface IncrementalCacheHandler {
  /** What is there and whose tags have not expired; `null` otherwise. */
  get(key: string, context?: IncrementalContext): Promise<IncrementalEntry | null>;
  /** Stores a value; `null` stands for a page that is not there. Never rejects. */
  set(key: string, value: IncrementalValue | null, context?: IncrementalContext): Promise<void>;
  /** Expires what carries these tags, in all processes: at once, or after a time for which it is stale. */
  revalidateTag(tags: string | readonly string[], durations?: Durations): Promise<void>;
  /** Nothing: nothing is kept for a request. */
  resetRequestCache(): void;
}

/** Next makes one for each request. */
export type IncrementalCacheHandlerClass = new (context?: {
  readonly revalidatedTags?: readonly string[];
}) => IncrementalCacheHandler;

/** Where the tags of a page are told. */
const tagsHeader = 'x-next-cache-tags';

/**
 * A handler class for the option `cacheHandler` of Next, for pages, route handlers, images and `fetch`: all processes share what
 * one has rendered. An entry is kept for as long as its `expire` says, or the `ttl` of the cache.
 *
 * Errors of the cache are misses, and told to `onError`; those of `revalidateTag` reject, since something out of date may be served.
 */
export function createIncrementalCacheHandler(
  cache: NextCacheSource,
  options: NextHandlerOptions = {},
): IncrementalCacheHandlerClass {
  const { entries, tags: records, onError } = readOptions(cache, options);
  const tags = new Tags(records, entries);

  return class implements IncrementalCacheHandler {
    readonly #revalidated: readonly string[];

    constructor({ revalidatedTags = [] }: { readonly revalidatedTags?: readonly string[] } = {}) {
      this.#revalidated = revalidatedTags;
    }

    async get(key: string, context: IncrementalContext = {}): Promise<IncrementalEntry | null> {
      const asked = [...(context.tags ?? []), ...(context.softTags ?? [])];
      if (asked.some((tag) => this.#revalidated.includes(tag))) return null;
      try {
        const found = (await (await entries()).get(valueKey(key))) as StoredValue | undefined;
        if (found === undefined) return null;
        const { tags: own, ...entry } = found;
        const state = await tags.stateOf([...new Set([...own, ...asked])], entry.lastModified);
        if (state === 'expired') return null;
        return state === 'stale' ? { ...entry, lastModified: -1 } : entry;
      } catch (error) {
        onError(error);
        return null;
      }
    }

    async set(key: string, value: IncrementalValue | null, context: IncrementalContext = {}): Promise<void> {
      const { cacheControl } = context;
      const lastModified = instant();
      const own = [...new Set([...(context.tags ?? []), ...tagsOf(value)])];
      const stored: StoredValue = {
        lastModified,
        value,
        tags: own,
        ...(cacheControl === undefined ? {} : { cacheControl }),
      };
      const expire = cacheControl?.expire;
      if (expire !== undefined && expire <= 0) return;
      const ttl = expire === undefined ? {} : { ttl: expire * 1_000 };
      try {
        await (await entries()).put(valueKey(key), stored, { tags: entryTags(own), ...ttl });
      } catch (error) {
        onError(error);
      }
    }

    async revalidateTag(given: string | readonly string[], durations?: Durations): Promise<void> {
      await tags.update(typeof given === 'string' ? [given] : given, durations);
    }

    resetRequestCache(): void {}
  };
}

function tagsOf(value: IncrementalValue | null): readonly string[] {
  const told = value?.headers?.[tagsHeader];
  const listed = typeof told === 'string' ? told.split(',') : [];
  return [...listed, ...(value?.tags ?? [])];
}

function valueKey(key: string): readonly [string, string] {
  return ['page', key];
}
