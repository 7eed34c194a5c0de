import { createKeyv as createRedis } from '@keyv/redis';
import { Cacheable, createKeyv } from 'cacheable';
import type { RemoteCandidate } from '../client.ts';
import { databases, redisOf } from '../redis-place.ts';
import { firstTier, twoTierEntries } from '../two-tiers.ts';

export const candidates: readonly RemoteCandidate[] = [
  {
    ...{ name: 'cacheable in two tiers, unix', link: 'unix', entries: twoTierEntries },
    async open(places) {
      const redis = redisOf(places);
      const cache = new Cacheable({
        primary: createKeyv({ lruSize: firstTier }),
        secondary: createRedis({
          socket: { path: redis.socket, tls: false },
          database: databases.cacheable,
        }),
      });
      return {
        pids: [redis.pid],
        get: (key) => cache.get(key),
        put: (key, value) => cache.set(key, value),
        fetch: (key) => cache.getOrSet(key, async () => undefined),
        putMany: (entries) => cache.setMany(entries.map(([key, value]) => ({ key, value }))),
        getMany: (keys) => cache.getMany([...keys]),
        close: () => cache.disconnect(),
      };
    },
  },
];
