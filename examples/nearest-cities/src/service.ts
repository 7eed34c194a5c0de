/**
 * One node of the cluster: a cache in front of a slow computation, served over HTTP.
 * node-process.ts starts it as `service.js <id> <directory> <port>`.
 */
import { rm } from 'node:fs/promises';
import { join } from 'cachex/cluster';
import { cities, indexByCityId, sharedCoordinates } from './cities.ts';
import { type Answer, listen, neighbourServer } from './http.ts';
import { Parent } from './parent.ts';
import { Scanner } from './scanner.ts';
import { wallClock } from './wall-clock.ts';

const NEIGHBOURS = 10;

const [id = '', directory = '', port = '0'] = process.argv.slice(2);
const parent = new Parent(process);

const indexOf = indexByCityId();
const scanner = new Scanner(sharedCoordinates());
let loads = 0;

// Processes that join the same cluster in the same directory find each other: no server, nothing to configure.
const node = await join({ cluster: 'nearest-cities', directory, id });

// Every node registers the loader. It runs on the node that owns the key, once in the whole cluster.
const cache = node.cache<number, Answer>('neighbours', {
  functions: {
    nearest: async (cityId, { signal }) => {
      loads++;
      const found = await scanner.nearest(indexOf.get(cityId)!, NEIGHBOURS, signal);
      const neighbours = found.map(({ index, km }) => {
        const { cityId, name, country } = cities[index]!;
        return { cityId, name, country, km };
      });
      return { computedAt: wallClock(), neighbours };
    },
  },
});

await node.ready();

const server = neighbourServer({
  knows: (cityId) => indexOf.has(cityId),
  // Whichever node is asked, the call goes to the key's owner; only a key's first callers wait for a scan.
  nearest: (cityId) => cache.fetch(cityId, 'nearest'),
});

parent.ready({
  port: await listen(server, Number(port)),
  statistics: () => ({ keys: cache.local.size(), loads }),
  close: async () => {
    server.close();
    await node.close();
    await scanner.close();
  },
  orphaned: () => rm(directory, { recursive: true, force: true }),
});
