import { Cacheable, CacheableMemory, createKeyv } from 'cacheable';
import { anHour, type Candidate } from '../candidate.ts';

export const candidates: readonly Candidate[] = [
  {
    name: 'cacheable',
    ...{ style: 'async', ttl: true, limit: true, onlyStrings: true },
    open(size, ttl = anHour) {
      const cache = new Cacheable({ primary: createKeyv({ ttl, lruSize: size, useClone: false }), ttl });
      return { get: (key) => cache.get(String(key)), put: (key, value) => cache.set(String(key), value) };
    },
  },
  {
    name: 'cacheable CacheableMemory',
    ...{ style: 'sync', ttl: true, limit: true, onlyStrings: true, onlyFull: true },
    open(size, ttl = anHour) {
      const cache = new CacheableMemory({ ttl, lruSize: size, useClone: false });
      return {
        get: (key) => cache.get(String(key)),
        put: (key, value) => {
          cache.set(String(key), value);
        },
      };
    },
  },
];
