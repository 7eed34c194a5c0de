import { lru } from 'tiny-lru';
import { anHour, type Candidate, type SyncCache } from '../candidate.ts';

function adapt(size: number, ttl: number): SyncCache {
  const cache = lru<unknown>(size, ttl);
  return {
    get: (key) => cache.get(key),
    put: (key, value) => {
      cache.set(key, value);
    },
  };
}

const none = 0;

export const candidates: readonly Candidate[] = [
  {
    name: 'tiny-lru',
    ...{ style: 'sync', ttl: false, limit: true, onlyFull: true },
    open: (size) => adapt(size, none),
  },
  {
    name: 'tiny-lru with ttl',
    ...{ style: 'sync', ttl: true, limit: true },
    open: (size, ttl = anHour) => adapt(size, ttl),
  },
];
