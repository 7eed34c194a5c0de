import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Codec, socketTransport, systemClock } from '@cachex/router';
import { agedView } from './aged-view.ts';
import {
  Answering,
  allSafeguards,
  beatsToFailure,
  defaultLimits,
  Leasing,
  Link,
  pingFrame,
} from './parts.ts';

/** What one node spends on each of the others: the two ends of a link, as it has one to it and one from it. */
export interface LinkCost {
  /** In use on the heap and beside it; what the system keeps for the sockets is not seen. */
  readonly bytes: number;
  /** Of a processor, in ms, for the signs of life of a second. */
  readonly cpu: number;
}

/** For how long the signs of life are watched, in ms. */
const watched = 2_000;

/** Opens so many links, with both ends in this process, and measures what they take. */
export async function measureLinks(kind: 'cachex' | 'bare sockets', count: number): Promise<LinkCost> {
  const directory = await mkdtemp(join(tmpdir(), 'links-'));
  try {
    return await (kind === 'cachex' ? ours : bare)(directory, count);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * One node and `count` others, which dial it; what they ask is answered with a lease, as in a cluster, and what they are
 * granted counts for the node, as if it had asked them.
 */
async function ours(directory: string, count: number): Promise<LinkCost> {
  const view = agedView(count + 1, 4096);
  const [self, ...others] = view.members;
  const lease = new Leasing({
    self: self!.incarnation,
    clock: systemClock,
    duration: view.failureAfter / 2,
    safeguards: allSafeguards,
    ask() {},
  });
  lease.follow(view);
  const transport = socketTransport();
  const cluster = 'links';
  const common = {
    clock: systemClock,
    codec: new Codec(),
    limits: defaultLimits,
    failureAfter: view.failureAfter,
    lacks: () => false,
    epoch: () => view.epoch,
    noticed() {},
    parted() {},
    heardEpoch() {},
    log: (message: string) => void process.stderr.write(`${message}\n`),
  };
  const answering = new Answering({
    ...common,
    self: () => ({ ...self!, cluster, birth: view.birth }),
    grants: ({ incarnation }, epoch) => lease.grants(incarnation, epoch),
    hears: () => true,
    serve: () => ({ kind: 'refused', code: 'UNKNOWN_HANDLER', message: 'there are no calls here' }),
    confirm: () => true,
    withdrawn: (_request, reply) => reply,
  });
  const address = `unix:${join(directory, 'node.sock')}`;
  const listener = await transport.listen(address, (connection) => answering.accept(connection));
  let beats = 0;
  const measured = await watch(count, async () => {
    const links = others.map(
      (member) =>
        new Link({
          ...common,
          self: member,
          to: { ...self!, address },
          cluster,
          birth: view.birth,
          lasting: true,
          transport,
          granted(_from, askedAt, _asked, _epoch, hears) {
            beats += 1;
            lease.granted(member.incarnation, askedAt, view.electorate.epoch, hears);
          },
          died() {},
        }),
    );
    while (!links.every(({ up }) => up)) await setTimeout(10);
    return {
      beats: () => beats,
      close() {
        for (const link of links) link.close();
      },
    };
  });
  answering.close();
  await listener.close();
  return measured;
}

/** The same with nothing but sockets: each says something as often and as long, and is answered. */
async function bare(directory: string, count: number): Promise<LinkCost> {
  const path = join(directory, 'bare.sock');
  const accepted = new Set<Socket>();
  const server = createServer((socket) => {
    accepted.add(socket);
    socket.on('data', (bytes) => socket.write(bytes));
  }).listen(path);
  await once(server, 'listening');
  const { failureAfter, epoch } = agedView(2, 4096);
  let beats = 0;
  const measured = await watch(count, async () => {
    const sockets: { readonly socket: Socket; readonly timer: NodeJS.Timeout }[] = [];
    // One after another: no more than some hundreds may wait to be accepted.
    while (sockets.length < count) {
      const socket = connect(path);
      await once(socket, 'connect');
      socket.on('data', () => {
        beats += 1;
      });
      const timer = setInterval(() => socket.write(pingFrame(epoch)), failureAfter / beatsToFailure);
      sockets.push({ socket, timer });
    }
    return {
      beats: () => beats,
      close() {
        for (const { socket, timer } of sockets) {
          clearInterval(timer);
          socket.destroy();
        }
      },
    };
  });
  for (const socket of accepted) socket.destroy();
  server.close();
  return measured;
}

interface Opened {
  /** How many signs of life were answered so far. */
  beats(): number;
  close(): void;
}

async function watch(count: number, open: () => Promise<Opened>): Promise<LinkCost> {
  const before = used();
  const opened = await open();
  // Everything has beaten once, so that buffers are as large as they will be.
  await setTimeout(watched / 2);
  const bytes = (used() - before) / count;
  const beatsBefore = opened.beats();
  const since = process.cpuUsage();
  const began = performance.now();
  await setTimeout(watched);
  const { user, system } = process.cpuUsage(since);
  const seconds = (performance.now() - began) / 1_000;
  const beats = opened.beats() - beatsBefore;
  opened.close();
  if (beats === 0) throw new Error('there was no sign of life');
  // On a busy machine fewer come than should; what one takes is the same.
  const due = (count * beatsToFailure * 1_000) / agedView(1, 1).failureAfter;
  return { bytes, cpu: ((user + system) / 1_000 / seconds) * (due / (beats / seconds)) };
}

function used(): number {
  if (globalThis.gc === undefined) throw new Error('bytes are measured with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
