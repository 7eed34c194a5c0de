import { createKeyv } from '@keyv/redis';
import type { RemoteCandidate } from '../client.ts';
import { databases, redisOf } from '../redis-place.ts';

export const candidates: readonly RemoteCandidate[] = [
  {
    ...{ name: 'keyv, unix', link: 'unix' },
    async open(places) {
      const redis = redisOf(places);
      const cache = createKeyv({ socket: { path: redis.socket, tls: false }, database: databases.keyv });
      return {
        pids: [redis.pid],
        get: (key) => cache.get(key),
        put: (key, value) => cache.set(key, value),
        putMany: (entries) => cache.setMany(entries.map(([key, value]) => ({ key, value }))),
        getMany: (keys) => cache.get([...keys]),
        close: () => cache.disconnect(),
      };
    },
  },
];
