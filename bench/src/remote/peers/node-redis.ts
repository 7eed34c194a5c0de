import { createClient as createClient5, RESP_TYPES } from 'redis5';
import { createClient as createClient6 } from 'redis6';
import { type Client, type RemoteCandidate, Unavailable } from '../client.ts';
import { type Codec, codecs } from '../codecs.ts';
import type { Place, Places } from '../places.ts';

/** What both versions have in common. */
interface Redis {
  connect(): Promise<unknown>;
  get(key: string): Promise<never>;
  set(key: string, value: string | Buffer): Promise<unknown>;
  mGet(keys: readonly string[]): Promise<never[]>;
  destroy(): void;
}

type Create = (options: object) => Redis;

interface Version {
  readonly name: string;
  readonly create: Create;
  readonly commandOptions?: { readonly timeout: number };
}

const versions: readonly Version[] = [
  { name: 'node-redis 5', create: createClient5 as unknown as Create },
  { name: 'node-redis 6', create: createClient6 as unknown as Create },
  // By default each command gets an `AbortSignal` of its own, which costs more than the rest of it.
  {
    name: 'node-redis 6 without timeout',
    create: createClient6 as unknown as Create,
    commandOptions: { timeout: 0 },
  },
];

const links: Readonly<Record<string, (redis: Place) => object>> = {
  unix: ({ socket }) => ({ path: socket! }),
  tcp: ({ port }) => ({ host: '127.0.0.1', port }),
};

async function open({ redis }: Places, { create, commandOptions }: Version, codec: Codec, link: string) {
  if (redis === undefined) throw new Unavailable('there is no redis-server');
  const { encode, decode, binary, database } = codec;
  const client = create({
    ...{ socket: links[link]!(redis), database },
    commandOptions: {
      ...commandOptions,
      ...(binary ? { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } : {}),
    },
  });
  await client.connect();
  const object = (stored: never): unknown => (stored === null ? undefined : decode(stored));
  return {
    pids: [redis.pid],
    get: async (key) => object(await client.get(key)),
    put: (key, value) => client.set(key, encode(value)),
    getMany: async (keys) => (await client.mGet(keys)).map(object),
    close: () => client.destroy(),
  } satisfies Client;
}

export const candidates: readonly RemoteCandidate[] = versions.flatMap((version) =>
  codecs.flatMap((codec) =>
    Object.keys(links).map((link) => ({
      name: `${version.name}, ${codec.name}, ${link}`,
      open: (places: Places) => open(places, version, codec, link),
    })),
  ),
);
