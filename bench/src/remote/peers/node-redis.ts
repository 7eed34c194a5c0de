import { createClient as createClient5, RESP_TYPES } from 'redis5';
import { createClient as createClient6 } from 'redis6';
import type { Client, RemoteCandidate } from '../client.ts';
import { type Codec, codecs } from '../codecs.ts';
import type { Place, Places } from '../places.ts';
import { redisOf } from '../redis-place.ts';

/** What both versions have in common. */
interface Redis {
  connect(): Promise<unknown>;
  get(key: string): Promise<never>;
  set(key: string, value: string | Buffer): Promise<unknown>;
  mGet(keys: readonly string[]): Promise<never[]>;
  mSet(entries: (readonly [string, string | Buffer])[]): Promise<unknown>;
  destroy(): void;
}

interface Version {
  readonly name: string;
  readonly create: (options: object) => Redis;
  readonly commandOptions?: { readonly timeout: number };
}

// Their types differ, and say the same of what is used here.
const [create5, create6] = [createClient5, createClient6] as unknown as [
  Version['create'],
  Version['create'],
];

const versions: readonly Version[] = [
  { name: 'node-redis 5', create: create5 },
  { name: 'node-redis 6', create: create6 },
  // By default each command has a timeout, by an `AbortSignal` of its own.
  { name: 'node-redis 6 without timeout', create: create6, commandOptions: { timeout: 0 } },
];

const links = {
  unix: ({ socket }: Required<Place>) => ({ path: socket }),
  tcp: ({ port }: Required<Place>) => ({ host: '127.0.0.1', port }),
} as const;

async function open(
  places: Places,
  { create, commandOptions }: Version,
  codec: Codec,
  link: keyof typeof links,
) {
  const redis = redisOf(places);
  const { encode, decode, binary, database } = codec;
  const typeMapping = binary ? { [RESP_TYPES.BLOB_STRING]: Buffer } : {};
  const client = create({
    ...{ socket: links[link](redis), database, commandOptions: { ...commandOptions, typeMapping } },
  });
  await client.connect();
  return {
    pids: [redis.pid],
    get: async (key) => decode(await client.get(key)),
    put: (key, value) => client.set(key, encode(value)),
    getMany: async (keys) => (await client.mGet(keys)).map(decode),
    putMany: (entries) => client.mSet(entries.map(([key, value]) => [key, encode(value)])),
    close: () => client.destroy(),
  } satisfies Client;
}

export const candidates: readonly RemoteCandidate[] = versions.flatMap((version) =>
  codecs.flatMap((codec) =>
    (['unix', 'tcp'] as const).map((link) => ({
      ...{ name: `${version.name}, ${codec.name}, ${link}`, link },
      open: (places: Places) => open(places, version, codec, link),
    })),
  ),
);
