import { Keyv } from 'keyv';
import { anHour, type Candidate } from '../candidate.ts';

export const candidates: readonly Candidate[] = [
  {
    name: 'keyv',
    ...{ style: 'async', ttl: true, limit: false, onlyStrings: true },
    open(_size, ttl = anHour) {
      const cache = new Keyv({ ttl });
      // Held by reference, as all others do here; by default it makes JSON of every value.
      cache.serialize = undefined;
      cache.deserialize = undefined;
      return { get: (key) => cache.get(String(key)), put: (key, value) => cache.set(String(key), value) };
    },
  },
];
