import type { Candidate, Key } from '../candidate.ts';

/** The limit: no time to live, no limit, nothing else. */
export const candidates: readonly Candidate[] = [
  {
    name: 'Map',
    ...{ style: 'sync', ttl: false, limit: false },
    open() {
      const map = new Map<Key, unknown>();
      return {
        get: (key) => map.get(key),
        put: (key, value) => {
          map.set(key, value);
        },
      };
    },
  },
];
