// A process of a long run: a full cache under churn. Started with a `Start` as its argument.
import { rm } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '@cachex/router/testing';
import { join } from 'cachex/cluster';
import { obey, send } from '../obey.ts';
import { type Sample, sample } from './sample.ts';

/** What a process is started with. */
export interface Start {
  readonly id: string;
  readonly directory: string;
  readonly seed: number;
  /** How many entries a node may own, and how many keys there are. */
  readonly size: number;
  readonly keys: number;
}

/** What a process has done. */
export interface Done {
  readonly operations: number;
  /** Those that failed, by their codes. */
  readonly codes: Readonly<Record<string, number>>;
  readonly evictions: number;
  readonly expirations: number;
  readonly dumps: number;
}

export interface Commands {
  /** Writes every key once. */
  fill(): void;
  churn(): void;
  /** Writes the whole cache into a file, and removes that. */
  dump(): void;
  sample(): Sample;
  done(): Done;
  /** Leaves; answers what it did, and how many partitions it left behind. */
  leave(): Done & { readonly lost: number };
}

const { id, directory, seed, size, keys } = JSON.parse(process.argv[2]!) as Start;
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const node = await join({
  ...{ cluster: 'soak', id, directory, backups: 1, partitions: 256 },
  ...{ settle: '500ms', joinTimeout: '60s', logger: quiet },
});
const cache = node.cache<string, unknown>('soak', {
  limit: { size },
  stats: true,
  nearCache: { size: Math.ceil(size / 10), expire: '5s' },
  expiration: { interval: '1s' },
});

/** Clients, calls that each makes at once, and how long it rests then, in ms. */
const clients = 4;
const calls = 16;
const rest = 10;
/** Bytes of a value, from and to. */
const bytes = { from: 50, to: 1_000 };

const random = seeded(seed);
const value = (): Buffer => Buffer.alloc(Math.floor(bytes.from + random() * (bytes.to - bytes.from)));
let over = false;
let churning: Promise<unknown> = Promise.resolve();
let operations = 0;
let dumps = 0;
const codes: Record<string, number> = {};

async function operation(): Promise<void> {
  const key = `key-${Math.floor(random() ** 2 * keys)}`;
  const drawn = random();
  operations += 1;
  try {
    if (drawn < 0.5) await cache.get(key);
    else if (drawn < 0.75) await cache.put(key, value());
    else if (drawn < 0.95) await cache.put(key, value(), { ttl: Math.ceil(random() * 5_000) });
    else await cache.del(key);
  } catch (error) {
    const { code = 'no code', message } = error as { code?: string; message: string };
    if (codes[code] === undefined) void send({ failed: message });
    codes[code] = (codes[code] ?? 0) + 1;
  }
}

async function client(): Promise<void> {
  while (!over) {
    await Promise.all(Array.from({ length: calls }, operation));
    await sleep(rest);
  }
}

const done = async (): Promise<Done> => {
  const { evictions = 0, expirations = 0 } = cache.local.stats() as {
    evictions?: number;
    expirations?: number;
  };
  return { operations, codes, evictions, expirations, dumps };
};

const commands: { [C in keyof Commands]: (...args: Parameters<Commands[C]>) => unknown } = {
  async fill() {
    for (let from = 0; from < keys; from += 500) {
      const names = Array.from({ length: Math.min(500, keys - from) }, (_, n) => `key-${from + n}`);
      await cache.putMany(names.map((name): [string, unknown] => [name, value()]));
    }
  },
  churn() {
    churning = Promise.all(Array.from({ length: clients }, client));
  },
  async dump() {
    const path = joinPath(directory, `${id}.dump`);
    await cache.dump(path);
    await rm(path);
    dumps += 1;
  },
  sample,
  done,
  async leave() {
    over = true;
    await churning;
    const did = await done();
    const { lost } = await node.leave({ within: '30s' });
    return { ...did, lost };
  },
};
obey(commands, 'leave');
process.once('disconnect', () => process.exit(0));
await node.ready();
await send({ joined: id });
