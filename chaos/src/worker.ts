// A process of a run: a node, and clients that use it. Started with a `Start` as its argument.
import { directoryStore } from '@cachex/router';
import { natsStore } from '@cachex/router/nats';
import { seeded } from '@cachex/router/testing';
import { join } from 'cachex/cluster';
import { type Client, load, readAll } from './load.ts';
import type { Commands, Start } from './messages.ts';
import { obey, send } from './obey.ts';
import { proxiedTransport } from './proxied-transport.ts';

const start = JSON.parse(process.argv[2]!) as Start;
const { id, life, directory, proxy, server, seed, clients, failureAfter, timeout } = start;

const realNow = Date.now;
let step = 0;
Date.now = () => realNow() + step;

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const node = await join({
  ...{ cluster: 'chaos', id, failureAfter, timeout, backups: 1 },
  ...{ settle: '200ms', joinTimeout: '60s', logger: quiet },
  store: server === undefined ? directoryStore({ directory }) : natsStore({ servers: server }),
  transport: proxiedTransport(id, proxy),
  listen: `unix:${directory}/${id}.${process.pid}.sock`,
});
// Keys that are read much are kept by their readers for a moment, which is not what is judged here.
const options = { hotKeys: false } as const;
const caches = {
  kept: node.cache<string, unknown>('kept', options),
  loose: node.cache<string, unknown>('loose', { ...options, backups: false }),
};
node.on('error', (error) => {
  if ((error as { code?: string }).code !== 'FENCED') return;
  // Its cluster has gone on without it: another process takes its place.
  void send({ removed: error.message }).then(() => process.exit(0));
});

let over = false;
const random = seeded(seed);
const clientOf = (n: number | 'reader'): Client => ({
  ...{ caches, name: `${id}.${life}.${n}`, asked: 0 },
  tell: (told) => send({ told }),
});
const reader = clientOf('reader');
let loading: Promise<unknown> | undefined;

const commands: { [C in keyof Commands]: (...args: Parameters<Commands[C]>) => unknown } = {
  status() {
    const { members, unowned, underReplicated, moving } = node.status();
    return { members: members.map((member) => member.id), unowned, underReplicated, moving };
  },
  read: (cache, window, keys) => readAll(reader, cache, window, keys),
  async rest() {
    over = true;
    await loading;
  },
  async leave() {
    over = true;
    await loading;
    const { lost } = await node.leave({ within: '30s' });
    return { lost };
  },
  stall(ms) {
    const until = performance.now() + ms;
    while (performance.now() < until);
  },
  step(ms) {
    step = ms;
  },
  async dump(path) {
    try {
      await caches.kept.dump(path);
      return undefined;
    } catch (error) {
      const { code = 'no code' } = error as { code?: string };
      return code;
    }
  },
  memory: () => process.memoryUsage().rss,
};

obey(commands, 'leave');
process.once('disconnect', () => {
  over = true;
  void node.close().finally(() => process.exit(0));
});
await node.ready();
await send({ joined: id });
loading = Promise.all(
  Array.from({ length: clients }, (_, n) => {
    const own = seeded(Math.floor(random() * 2 ** 31));
    return load(clientOf(n), own, () => over);
  }),
);
