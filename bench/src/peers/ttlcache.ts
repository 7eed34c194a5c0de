import { TTLCache } from '@isaacs/ttlcache';
import { anHour, type Candidate, type Key } from '../candidate.ts';

export const candidates: readonly Candidate[] = [
  {
    name: '@isaacs/ttlcache',
    ...{ style: 'sync', ttl: true, limit: true },
    open(size, ttl = anHour) {
      // As it is by default: a get does not look whether an entry has expired, a timer removes it sooner or later.
      const cache = new TTLCache<Key, unknown>({ max: size, ttl });
      return {
        get: (key) => cache.get(key),
        put: (key, value) => {
          cache.set(key, value);
        },
      };
    },
  },
];
