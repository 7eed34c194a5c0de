import { type NextCacheSource, type NextHandlerOptions, readOptions } from './source.ts';
import { type Durations, entryTags, instant, Tags } from './tags.ts';

/** An entry of `'use cache'`, without its value. Durations are seconds, `timestamp` is in ms since 1970. */
interface Traits {
  tags: string[];
  stale: number;
  timestamp: number;
  expire: number;
  revalidate: number;
}

/** An entry of `'use cache'`, as Next gives and takes it. */
export interface UseCacheEntry extends Traits {
  value: ReadableStream<Uint8Array>;
}

/** What `cacheHandlers` of Next 16 asks of a handler. */
export interface UseCacheHandler {
  /** An entry that is there and whose tags have not expired; one whose tags are stale is to be made anew meanwhile. */
  get(cacheKey: string, softTags: string[]): Promise<UseCacheEntry | undefined>;
  /** Stores an entry once it is complete. Never rejects. */
  set(cacheKey: string, pendingEntry: Promise<UseCacheEntry>): Promise<void>;
  /** Nothing: when tags were revalidated is asked when it matters. */
  refreshTags(): Promise<void>;
  /** When the last of these tags expired, in ms since 1970; 0 if none ever did. */
  getExpiration(tags: string[]): Promise<number>;
  /** Expires what carries these tags, in all processes: at once, or after a time for which it is stale. */
  updateTags(tags: string[], durations?: Durations): Promise<void>;
}

interface StoredEntry extends Traits {
  bytes: Uint8Array;
}

/**
 * A handler for `cacheHandlers` of Next 16, for `'use cache'` and `'use cache: remote'`: all processes share what one has made. An
 * entry is kept for as long as its `expire` says.
 *
 * Errors of the cache are misses, and told to `onError`; those of `updateTags` reject, since something out of date may be served.
 */
export function createCacheHandler(
  cache: NextCacheSource,
  options: NextHandlerOptions = {},
): UseCacheHandler {
  const { entries, tags: records, onError } = readOptions(cache, options);
  const tags = new Tags(records, entries);
  /** What is being stored by this process. */
  const pending = new Map<string, Promise<void>>();

  async function store(cacheKey: string, pendingEntry: Promise<UseCacheEntry>): Promise<void> {
    const complete = await pendingEntry.then(completed).catch(() => undefined);
    if (complete === undefined) return;
    const ttl = complete.timestamp + complete.expire * 1_000 - instant();
    if (ttl <= 0) return;
    try {
      await (await entries()).put(entryKey(cacheKey), complete, { ttl, tags: entryTags(complete.tags) });
    } catch (error) {
      onError(error);
    }
  }

  return {
    async get(cacheKey, softTags) {
      await pending.get(cacheKey);
      try {
        const found = (await (await entries()).get(entryKey(cacheKey))) as StoredEntry | undefined;
        if (found === undefined) return undefined;
        const { bytes, ...traits } = found;
        const state = await tags.stateOf([...traits.tags, ...softTags], traits.timestamp);
        if (state === 'expired') return undefined;
        const revalidate = state === 'stale' ? -1 : traits.revalidate;
        return { ...traits, revalidate, value: streamOf(bytes) };
      } catch (error) {
        onError(error);
        return undefined;
      }
    },
    async set(cacheKey, pendingEntry) {
      const storing = store(cacheKey, pendingEntry);
      pending.set(cacheKey, storing);
      await storing;
      if (pending.get(cacheKey) === storing) pending.delete(cacheKey);
    },
    async refreshTags() {},
    async getExpiration(softTags) {
      try {
        return await tags.expiration(softTags);
      } catch (error) {
        onError(error);
        // Who cannot know whether they have expired takes it that they have.
        return instant();
      }
    },
    updateTags: (given, durations) => tags.update(given, durations),
  };
}

/** An entry that breaks off is none. */
async function completed({ value, ...traits }: UseCacheEntry): Promise<StoredEntry> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of value) chunks.push(chunk);
  return { ...traits, bytes: Buffer.concat(chunks) };
}

/** A stream of its own for each reader, over bytes of its own, for readers may give them away. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.byteLength > 0) controller.enqueue(new Uint8Array(bytes));
      controller.close();
    },
  });
}

function entryKey(cacheKey: string): readonly [string, string] {
  return ['use cache', cacheKey];
}
