import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, expect, it } from 'vitest';
import { describeNats, NatsServer } from '../../../router/test/nats-server.ts';
import { type ClusterNode, type JoinOptions, join, type View } from '../../src/cluster/index.ts';
import { natsStore, natsTransport } from '../../src/nats.ts';
import { eventually } from '../gate.ts';

const keys = Array.from({ length: 300 }, (_, n) => `key-${n}`);

let servers: NatsServer[] = [];
let directory: string | undefined;
const nodes: ClusterNode[] = [];
const children: ChildProcess[] = [];
/** What nodes have said in their logs, and what ended them. */
const complaints: string[] = [];
const errors: unknown[] = [];
let loads = 0;

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(nodes.splice(0).map((node) => node.leave({ within: 100 })));
  for (const server of servers.splice(0)) await server.remove();
  if (directory !== undefined) await rm(directory, { recursive: true });
  directory = undefined;
  complaints.length = 0;
  errors.length = 0;
  loads = 0;
});

const functions = {
  load: async (key: string) => {
    loads += 1;
    return `loaded ${key}`;
  },
};

const log = (message: string): void => void complaints.push(message);

async function start(id: string, options: Partial<JoinOptions>): Promise<ClusterNode> {
  const node = await join({
    cluster: 'shop',
    id,
    settle: 10,
    failureAfter: 500,
    logger: { debug: log, info: log, warn: log, error: log },
    ...options,
  });
  nodes.push(node);
  node.on('error', (error) => errors.push(error));
  await node.cache<string, unknown>('things', { functions }).size();
  return node;
}

const urls = (): string[] => servers.map(({ url }) => url);

/** Agrees and talks by way of NATS. */
const throughNats = (id: string, options: Partial<JoinOptions> = {}): Promise<ClusterNode> =>
  start(id, {
    store: natsStore({ servers: urls(), timeout: 1_000, poll: 200 }),
    transport: natsTransport({ servers: urls(), timeout: 1_000 }),
    ...options,
  });

/** Agrees through NATS, and talks over sockets. */
async function throughSockets(id: string, replicas = 1): Promise<ClusterNode> {
  directory ??= await mkdtemp(joinPath(tmpdir(), 'cachex-'));
  return start(id, {
    store: natsStore({ servers: urls(), timeout: 1_000, poll: 200, replicas }),
    directory,
  });
}

const cacheOf = (node: ClusterNode) => node.cache<string, unknown>('things');

async function fill(node: ClusterNode): Promise<void> {
  await Promise.all(keys.map((key, n) => cacheOf(node).put(key, n)));
}

async function expectAll(readers: readonly ClusterNode[] = nodes, timeout = 20_000): Promise<void> {
  for (const node of readers) {
    const values = await Promise.all(keys.map((key) => cacheOf(node).get(key, { timeout })));
    expect(values).toEqual(keys.map((_, n) => n));
  }
}

const members = (node: ClusterNode): string[] => node.nodes().map(({ id }) => id);

/** The next view of a node with so many members, or the one it has. */
async function untilMembers(node: ClusterNode, count: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (view: Pick<View, 'members'>): void => {
      if (view.members.length !== count) return;
      node.off('view', look);
      resolve();
    };
    node.on('view', look);
    look({ members: node.nodes() });
  });
}

describeNats('nodes that talk by way of NATS', () => {
  it('share a cache, run loads once, and move entries when one joins or leaves', async () => {
    servers = [await NatsServer.start()];
    for (const id of ['a', 'b', 'c']) await throughNats(id);
    await Promise.all(nodes.map((node) => node.ready()));
    await fill(nodes[0]!);
    await expectAll();
    const loaded = await Promise.all(nodes.map((node) => cacheOf(node).fetch('ada', functions.load)));
    expect(new Set(loaded)).toEqual(new Set(['loaded ada']));
    expect(loads).toBe(1);

    const d = await throughNats('d');
    await d.ready();
    expect(d.status().members.map(({ partitions }) => partitions)).toEqual([1024, 1024, 1024, 1024]);
    await expectAll();
    expect(await nodes.shift()!.leave()).toMatchObject({ lost: 0 });
    await expectAll();
    expect(await cacheOf(d).size()).toBe(keys.length + 1);
    expect(errors).toEqual([]);
  });

  it('carry values that are larger than a message may be', async () => {
    servers = [await NatsServer.start()];
    for (const id of ['a', 'b']) await throughNats(id);
    await Promise.all(nodes.map((node) => node.ready()));
    const large = 'x'.repeat(5 * 1024 * 1024);
    const [a, b] = nodes as [ClusterNode, ClusterNode];
    const key = keys.find((each) => a.route(each).owner === 'b')!;
    await cacheOf(a).put(key, large);
    expect(await cacheOf(b).get(key)).toBe(large);
    expect(await cacheOf(a).get(key)).toBe(large);
  });

  it('all stay when the server is out for longer than a node may be silent, and calls wait for it', async () => {
    servers = [await NatsServer.start()];
    // All come back within it: they try to twice a second, and dial each other at least once a second.
    const failureAfter = 3_000;
    for (const id of ['a', 'b', 'c']) await throughNats(id, { failureAfter });
    await Promise.all(nodes.map((node) => node.ready()));
    await fill(nodes[0]!);
    const [a] = nodes as [ClusterNode];
    const elsewhere = keys.find((key) => a.route(key).owner !== 'a')!;
    await servers[0]!.kill();
    await expect(cacheOf(a).get(elsewhere, { timeout: failureAfter + 1_000 })).rejects.toMatchObject({
      code: expect.stringMatching(/TIMEOUT|NODE_DOWN/),
    });
    const waiting = nodes.map((node) => cacheOf(node).get(elsewhere, { timeout: 30_000 }));
    await servers[0]!.restart();
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => keys.indexOf(elsewhere)));
    await expectAll();
    for (const node of nodes) expect(members(node)).toEqual(['a', 'b', 'c']);
    expect(errors).toEqual([]);
    await throughNats('d', { failureAfter });
    await expectAll();
  });

  it('go on without one that is killed', async () => {
    servers = [await NatsServer.start()];
    for (const id of ['a', 'b']) await throughNats(id);
    const path = fileURLToPath(new URL('fixtures/nats-node.mjs', import.meta.url));
    const child = fork(path, [JSON.stringify({ servers: urls(), id: 'c' })], { execArgv: [] });
    children.push(child);
    await once(child, 'message');
    await Promise.all(nodes.map((node) => node.ready()));
    const [a] = nodes as [ClusterNode];
    expect(members(a)).toEqual(['a', 'b', 'c']);
    child.kill('SIGKILL');
    await Promise.all(nodes.map((node) => untilMembers(node, 2)));
    await Promise.all(keys.map((key, n) => cacheOf(a).put(key, n, { timeout: 20_000 })));
    await expectAll();
  });
});

describeNats('nodes that agree through NATS, and talk over sockets', () => {
  it('answer calls while the server is out, when nobody can join, and let one in afterwards', async () => {
    servers = [await NatsServer.start()];
    for (const id of ['a', 'b', 'c']) await throughSockets(id);
    await Promise.all(nodes.map((node) => node.ready()));
    await fill(nodes[0]!);
    await servers[0]!.kill();
    // Longer than any lease lasts: by then the nodes have nobody but each other.
    const began = performance.now();
    while (performance.now() - began < 1_000) await expectAll(nodes, 5_000);
    await expect(
      start('d', { store: natsStore({ servers: urls() }), directory: directory!, joinTimeout: 300 }),
    ).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('no NATS server') });
    const joining = throughSockets('d');
    await servers[0]!.restart();
    const d = await joining;
    await d.ready();
    await expectAll();
    for (const node of nodes) await untilMembers(node, 4);
    expect(errors).toEqual([]);
  });

  it('answer calls when their bucket is deleted, and change nothing any more', async () => {
    servers = [await NatsServer.start()];
    for (const id of ['a', 'b']) await throughSockets(id);
    await Promise.all(nodes.map((node) => node.ready()));
    await fill(nodes[0]!);
    const admin = await connect({ servers: urls() });
    await (await jetstreamManager(admin)).streams.delete('KV_cachex');
    await admin.close();
    const changing = nodes[0]!.setWeight(2).catch((error: unknown) => error);
    await eventually(() => complaints.some((message) => message.includes("bucket 'cachex' is gone")));
    await expectAll();
    expect(errors).toEqual([]);
    // Its end is not waited for by anybody.
    void changing;
  });

  it('are told at once when the server refuses the password', async () => {
    servers = [await NatsServer.start({ flags: ['--user', 'ada', '--pass', 'right'] })];
    directory = await mkdtemp(joinPath(tmpdir(), 'cachex-'));
    const store = natsStore({ servers: urls(), user: 'ada', pass: 'wrong' });
    await expect(join({ cluster: 'shop', store, directory })).rejects.toMatchObject({
      name: 'CacheError',
      code: 'INVALID_OPTION',
      message: expect.stringContaining('refuses these credentials'),
    });
  });

  it('go on with two servers of three', async () => {
    servers = await NatsServer.startCluster(3);
    for (const id of ['a', 'b', 'c']) await throughSockets(id, 3);
    await Promise.all(nodes.map((node) => node.ready()));
    await fill(nodes[0]!);
    await servers[1]!.kill();
    await expectAll();
    const d = await throughSockets('d', 3);
    await d.ready();
    await expectAll();
    expect(members(d)).toEqual(['a', 'b', 'c', 'd']);
    expect(errors).toEqual([]);
  });
});
