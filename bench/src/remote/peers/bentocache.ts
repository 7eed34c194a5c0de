import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import type { RemoteCandidate } from '../client.ts';
import { databases, redisOf } from '../redis-place.ts';
import { firstTier, twoTierEntries } from '../two-tiers.ts';

export const candidates: readonly RemoteCandidate[] = [
  {
    ...{ name: 'bentocache in two tiers, unix', link: 'unix', onlySingle: true, entries: twoTierEntries },
    async open(places) {
      const redis = redisOf(places);
      const connection = { path: redis.socket, db: databases.bentocache };
      const tiers = bentostore()
        .useL1Layer(memoryDriver({ maxItems: firstTier }))
        .useL2Layer(redisDriver({ connection }));
      // Others hear of a write over the bus; those of before they are there need not.
      const filler = new BentoCache({ default: 'users', stores: { users: tiers } });
      const stores = { users: tiers.useBus(redisBusDriver({ connection })) };
      const cache = new BentoCache({ default: 'users', stores });
      return {
        pids: [redis.pid],
        get: (key) => cache.get({ key }),
        put: (key, value) => cache.set({ key, value }),
        putMany: (entries) => Promise.all(entries.map(([key, value]) => filler.set({ key, value }))),
        fetch: (key) => cache.getOrSet({ key, factory: () => undefined }),
        close: () => Promise.all([cache, filler].map((one) => one.disconnectAll())),
      };
    },
  },
];
