import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { anHour, type Candidate } from '../candidate.ts';

export const candidates: readonly Candidate[] = [
  {
    name: 'bentocache',
    ...{ style: 'async', ttl: true, limit: true, onlyStrings: true },
    open(size, ttl = anHour) {
      const cache = new BentoCache({
        default: 'memory',
        ttl,
        stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: size, serialize: false })) },
      });
      return {
        get: (key) => cache.get({ key: String(key) }),
        put: (key, value) => cache.set({ key: String(key), value }),
      };
    },
  },
];
