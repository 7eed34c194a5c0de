import { Redis } from 'ioredis6';
import type { Client, RemoteCandidate } from '../client.ts';
import { type Codec, codecs } from '../codecs.ts';
import type { Places } from '../places.ts';
import { redisOf } from '../redis-place.ts';

async function open(places: Places, { encode, decode, binary, database }: Codec) {
  const redis = redisOf(places);
  const client = new Redis({
    path: redis.socket,
    db: database,
    enableAutoPipelining: true,
    lazyConnect: true,
  });
  await client.connect();
  const [get, mget] = binary
    ? [client.getBuffer.bind(client), client.mgetBuffer.bind(client)]
    : [client.get.bind(client), client.mget.bind(client)];
  return {
    pids: [redis.pid],
    get: async (key) => decode((await get(key)) as never),
    put: (key, value) => client.set(key, encode(value)),
    getMany: async (keys) => (await mget([...keys])).map((stored) => decode(stored as never)),
    putMany: (entries) => client.mset(entries.flatMap(([key, value]) => [key, encode(value)])),
    close: () => client.disconnect(),
  } satisfies Client;
}

export const candidates: readonly RemoteCandidate[] = codecs.map((codec) => ({
  ...{ name: `ioredis, ${codec.name}, unix`, link: 'unix' },
  open: (places) => open(places, codec),
}));
