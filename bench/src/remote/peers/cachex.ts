import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createCache } from 'cachex';
import { type NodeOptions, openNode } from '../cachex-node.ts';
import { type Client, type RemoteCandidate, Unavailable } from '../client.ts';
import { nextMessage, startHelper } from '../helper.ts';
import type { Places } from '../places.ts';

const owner = new URL('../cachex-owner.js', import.meta.url);

/** How nodes reach each other: what `join` needs for it. */
const kinds: Readonly<Record<string, () => Partial<NodeOptions>>> = {
  unix: () => ({}),
  tcp: () => ({ listen: 'tcp://127.0.0.1:0' }),
};

interface Setting {
  readonly kind: string;
  /** How many other processes there are. */
  readonly owners: number;
  /** 0: all keys are theirs. */
  readonly weight: number;
}

async function open({ folder }: Places, { kind, owners, weight }: Setting): Promise<Client> {
  const options = { cluster: 'bench', directory: mkdtempSync(join(folder, 'c-')), ...kinds[kind]!() };
  const pids: number[] = [];
  for (let n = 0; n < owners; n += 1) {
    const started = startHelper(owner, [JSON.stringify(options)]);
    await nextMessage(started);
    pids.push(started.pid!);
  }
  const { node, cache } = await openNode({ ...options, weight });
  return {
    pids,
    get: cache.get,
    put: cache.put,
    fetch: (key) => cache.fetch(key, 'load'),
    getMany: cache.getMany,
    close: () => node.close(),
  };
}

/** Whatever this build does not know yet is not measured. */
async function attempt(places: Places, setting: Setting): Promise<Client> {
  try {
    return await open(places, setting);
  } catch (error) {
    throw new Unavailable(`cachex has no ${setting.kind}: ${(error as Error).message}`);
  }
}

export const candidates: readonly RemoteCandidate[] = [
  { name: 'cachex, unix', open: (places) => open(places, { kind: 'unix', owners: 1, weight: 0 }) },
  { name: 'cachex, tcp', open: (places) => attempt(places, { kind: 'tcp', owners: 1, weight: 0 }) },
  { name: 'cachex, three nodes', open: (places) => open(places, { kind: 'unix', owners: 2, weight: 1 }) },
  { name: 'cachex, alone', open: (places) => open(places, { kind: 'unix', owners: 0, weight: 1 }) },
  {
    name: 'cachex, local with promises',
    async open() {
      const cache = createCache<string, unknown>({ name: 'users' });
      return {
        pids: [],
        get: async (key) => cache.get(key),
        put: async (key, value) => cache.put(key, value),
        getMany: async (keys) => cache.getMany([...keys]),
        close: () => cache.close(),
      };
    },
  },
];
