import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createCache } from 'cachex';
import { type Part, takePart } from '../cachex-node.ts';
import { type Client, type RemoteCandidate, Unavailable } from '../client.ts';
import { startWorker } from '../helper.ts';
import type { Places } from '../places.ts';

const owner = new URL('../cachex-owner.js', import.meta.url);

interface Setting {
  /** How many other processes there are. */
  readonly others: number;
  /** 0: all keys are theirs. */
  readonly weight: number;
  /** Options of `join` of all nodes. */
  readonly join?: Readonly<Record<string, unknown>>;
  /** Whether a NATS server carries what nodes say to each other. */
  readonly nats?: boolean;
  /** Options of the cache at the caller. */
  readonly cache?: Readonly<Record<string, unknown>>;
  readonly primed?: boolean;
  readonly inProcess?: boolean;
}

async function open({ folder, nats }: Places, { others, weight, ...setting }: Setting) {
  const { primed = false, inProcess = false } = setting;
  if (setting.nats === true && nats === undefined) throw new Unavailable('there is no nats-server');
  const part: Part = {
    join: { cluster: 'bench', directory: mkdtempSync(join(folder, 'c-')), ...setting.join },
    ...(setting.nats === true ? { nats: nats!.port } : {}),
  };
  const pids = setting.nats === true ? [nats!.pid] : [];
  for (let n = 0; n < others; n += 1) pids.push((await startWorker(owner, [JSON.stringify(part)])).pid);
  const { node, cache } = await takePart({
    ...part,
    join: { ...part.join, weight },
    ...(setting.cache === undefined ? {} : { cache: setting.cache }),
  });
  return {
    ...{ pids, primed, inProcess },
    get: cache.get,
    put: cache.put,
    fetch: (key) => cache.fetch(key, 'load'),
    getMany: cache.getMany,
    putMany: cache.putMany,
    close: () => node.close(),
  } satisfies Client;
}

/** What nodes prove to each other that they know, and make the keys of their connections of. */
const secret = 'only for benchmarks: known to everybody';

/** One whose keys are all at one other process. */
const remote: Setting = { others: 1, weight: 0 };

/** A near cache has what is read most. */
const nearEntries = 10_000;

/** What a build does not have yet is said, and not measured. */
function ifThere(traits: Omit<RemoteCandidate, 'open'>, setting: Setting): RemoteCandidate {
  return {
    ...traits,
    open: (places) =>
      open(places, setting).catch((error: Error) => {
        throw new Unavailable(error.message);
      }),
  };
}

export const candidates: readonly RemoteCandidate[] = [
  { name: 'cachex, unix', link: 'unix', open: (places) => open(places, remote) },
  ifThere({ name: 'cachex, tcp', link: 'tcp' }, { ...remote, join: { listen: 'tcp://127.0.0.1:0' } }),
  ifThere({ name: 'cachex, tls', link: 'tls' }, { ...remote, join: { listen: 'tls://127.0.0.1:0', secret } }),
  ifThere({ name: 'cachex, nats', link: 'nats' }, { ...remote, nats: true }),
  { name: 'cachex, three nodes', link: 'unix', open: (places) => open(places, { others: 2, weight: 1 }) },
  ifThere(
    { name: 'cachex, near cache', link: 'unix', entries: nearEntries },
    { ...remote, cache: { nearCache: { size: 2 * nearEntries } }, primed: true, inProcess: true },
  ),
  {
    name: 'cachex, cluster of one',
    link: 'none',
    open: (places) => open(places, { others: 0, weight: 1, inProcess: true }),
  },
  {
    name: 'cachex, local with promises',
    link: 'none',
    async open() {
      const cache = createCache<string, unknown>({ name: 'users' });
      return {
        ...{ pids: [], inProcess: true },
        get: async (key) => cache.get(key),
        put: async (key, value) => cache.put(key, value),
        getMany: async (keys) => cache.getMany(keys),
        close: () => cache.close(),
      };
    },
  },
];
