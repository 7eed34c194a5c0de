import { LRUMap, LRUMapWithDelete } from 'mnemonist';
import type { Candidate, Key, SyncCache } from '../candidate.ts';

function adapt(cache: LRUMap<Key, unknown>): SyncCache {
  return {
    get: (key) => cache.get(key),
    put: (key, value) => {
      cache.set(key, value);
    },
  };
}

export const candidates: readonly Candidate[] = [
  {
    name: 'mnemonist LRUMap',
    ...{ style: 'sync', ttl: false, limit: true },
    open: (size) => adapt(new LRUMap(size)),
  },
  {
    name: 'mnemonist LRUMapWithDelete',
    ...{ style: 'sync', ttl: false, limit: true, onlyFull: true },
    open: (size) => adapt(new LRUMapWithDelete(size)),
  },
];
