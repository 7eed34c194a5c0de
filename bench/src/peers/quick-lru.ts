import QuickLRU from 'quick-lru';
import { anHour, type Candidate, type Key, type SyncCache } from '../candidate.ts';

function adapt(options: { maxSize: number; maxAge?: number }): SyncCache {
  const cache = new QuickLRU<Key, unknown>(options);
  return {
    get: (key) => cache.get(key),
    put: (key, value) => {
      cache.set(key, value);
    },
  };
}

// It keeps two generations, and so up to twice what it is told.
const slack = 2;

export const candidates: readonly Candidate[] = [
  {
    name: 'quick-lru',
    ...{ style: 'sync', ttl: false, limit: true, slack, onlyFull: true },
    open: (size) => adapt({ maxSize: size }),
  },
  {
    name: 'quick-lru with ttl',
    ...{ style: 'sync', ttl: true, limit: true, slack },
    open: (size, ttl = anHour) => adapt({ maxSize: size, maxAge: ttl }),
  },
];
