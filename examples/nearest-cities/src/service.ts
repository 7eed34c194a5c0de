/**
 * One node of the cluster: a cache in front of a slow computation, served over HTTP.
 * node-process.ts starts it as `service.js <id> <directory> <port>`.
 */
import { rm } from 'node:fs/promises';
import { join } from 'cachex/cluster';
import { cities, indexByCityId, sharedCoordinates } from './cities.ts';
import { type Answer, closeGracefully, listen, neighbourServer } from './http.ts';
import type { NodeStatistics } from './messages.ts';
import { Parent } from './parent.ts';
import { Scanner } from './scanner.ts';
import { wallClock } from './wall-clock.ts';

const NEIGHBOURS = 10;

const [id = '', directory = '', port = '0'] = process.argv.slice(2);
const parent = new Parent(process);

const indexOf = indexByCityId();
const scanner = new Scanner(sharedCoordinates());
let loads = 0;
let leaving = false;
let hasLeft = false;

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

const server = neighbourServer({
  knows: (cityId) => indexOf.has(cityId),
  // Whichever node is asked, the call goes to the key's owner; only a key's first callers wait for a scan.
  nearest: (cityId) => cache.fetch(cityId, 'nearest'),
});

parent.joined({
  statistics,
  leave: async (within) => {
    leaving = true;
    const left = node.leave({ within }).finally(() => {
      hasLeft = true;
    });
    // Requests under way are answered while the partitions move to the other nodes.
    await Promise.all([left, closeGracefully(server)]);
    await scanner.close();
  },
  orphaned: () => rm(directory, { recursive: true, force: true }),
});
node.on('view', () => parent.statistics());
node.on('moved', ({ partitions, duration }) => {
  parent.moved({ partitions: partitions.length, duration, at: wallClock() });
});

try {
  await node.ready();
  if (!leaving) parent.ready(await listen(server, Number(port)));
} catch (error) {
  if (!leaving) throw error;
}

function statistics(): NodeStatistics {
  if (hasLeft) return { keys: 0, loads, partitions: 0, moving: 0 };
  const { members, moving, moves } = node.status();
  return {
    keys: cache.local.size(),
    loads,
    partitions: members.find((member) => member.id === id)?.partitions ?? 0,
    // A group that has moved is on the list of its node until its `moved` event was sent.
    moving: Math.max(
      moving,
      moves.reduce((sum, { partitions }) => sum + partitions, 0),
    ),
  };
}
