import { LRUCache } from 'lru-cache';
import { anHour, type Candidate, type Key, type SyncCache } from '../candidate.ts';

function adapt(options: { max: number; ttl?: number }): SyncCache {
  const cache = new LRUCache<Key, object>(options);
  return {
    get: (key) => cache.get(key),
    put: (key, value) => {
      cache.set(key, value as object);
    },
  };
}

export const candidates: readonly Candidate[] = [
  {
    name: 'lru-cache',
    ...{ style: 'sync', ttl: false, limit: true },
    open: (size) => adapt({ max: size }),
  },
  {
    name: 'lru-cache with ttl',
    ...{ style: 'sync', ttl: true, limit: true },
    open: (size, ttl = anHour) => adapt({ max: size, ttl }),
  },
];
