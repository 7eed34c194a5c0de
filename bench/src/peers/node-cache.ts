import NodeCache from 'node-cache';
import { anHour, type Candidate } from '../candidate.ts';

const second = 1_000;

export const candidates: readonly Candidate[] = [
  {
    name: 'node-cache',
    // It does have `maxKeys`, but refuses what comes after, and evicts nothing.
    ...{ style: 'sync', ttl: true, limit: false },
    open(_size, ttl = anHour) {
      const cache = new NodeCache({ stdTTL: ttl / second, useClones: false, checkperiod: 0 });
      return {
        get: (key) => cache.get(key),
        put: (key, value) => {
          cache.set(key, value);
        },
      };
    },
  },
];
