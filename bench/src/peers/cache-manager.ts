import { createCache } from 'cache-manager';
import { createKeyv } from 'cacheable';
import { anHour, type Candidate } from '../candidate.ts';

export const candidates: readonly Candidate[] = [
  {
    name: 'cache-manager',
    ...{ style: 'async', ttl: true, limit: true, onlyStrings: true },
    open(size, ttl = anHour) {
      // The store that its documents use for a cache in memory.
      const cache = createCache({ stores: [createKeyv({ ttl, lruSize: size, useClone: false })], ttl });
      return { get: (key) => cache.get(String(key)), put: (key, value) => cache.set(String(key), value) };
    },
  },
];
