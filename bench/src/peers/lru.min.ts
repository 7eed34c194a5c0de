import { createLRU } from 'lru.min';
import type { Candidate, Key } from '../candidate.ts';

export const candidates: readonly Candidate[] = [
  {
    name: 'lru.min',
    ...{ style: 'sync', ttl: false, limit: true },
    open(size) {
      const cache = createLRU<Key, unknown>({ max: size });
      return {
        get: (key) => cache.get(key),
        put: (key, value) => {
          cache.set(key, value);
        },
      };
    },
  },
];
