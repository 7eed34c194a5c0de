export {
  createCacheHandler,
  type UseCacheEntry,
  type UseCacheHandler,
} from './adapters/next/cache-handler.ts';
export {
  type CacheControl,
  createIncrementalCacheHandler,
  type IncrementalCacheHandler,
  type IncrementalCacheHandlerClass,
  type IncrementalContext,
  type IncrementalEntry,
  type IncrementalValue,
} from './adapters/next/incremental-cache-handler.ts';
export type { NextCache, NextCacheSource, NextHandlerOptions } from './adapters/next/source.ts';
export type { Durations } from './adapters/next/tags.ts';
