import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import type { RemoteCandidate } from '../client.ts';
import { databases, redisOf } from '../redis-place.ts';
import { firstTier } from '../two-tiers.ts';

export const candidates: readonly RemoteCandidate[] = [
  {
    ...{ name: 'bentocache in two tiers, unix', link: 'unix', onlySingle: true },
    async open(places) {
      const redis = redisOf(places);
      const connection = { path: redis.socket, db: databases.bentocache };
      const cache = new BentoCache({
        default: 'users',
        stores: {
          users: bentostore()
            .useL1Layer(memoryDriver({ maxItems: firstTier }))
            .useL2Layer(redisDriver({ connection }))
            .useBus(redisBusDriver({ connection })),
        },
      });
      return {
        pids: [redis.pid],
        get: (key) => cache.get({ key }),
        put: (key, value) => cache.set({ key, value }),
        fetch: (key) => cache.getOrSet({ key, factory: () => undefined }),
        close: () => cache.disconnectAll(),
      };
    },
  },
];
