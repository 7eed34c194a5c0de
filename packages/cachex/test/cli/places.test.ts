import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeNats, NatsServer } from '../../../router/test/nats-server.ts';
import { type ClusterNode, join, ring, staticNodes } from '../../src/cluster/index.ts';
import { natsStore, natsTransport } from '../../src/nats.ts';
import { Machine } from '../cluster/fixtures/machine.ts';
import { Program } from './program.ts';

const certificate = (name: string): string =>
  fileURLToPath(
    new URL(`../../../router/test/transports/fixtures/certificates/${name}.pem`, import.meta.url),
  );

let directory: string;
const nodes: ClusterNode[] = [];
beforeEach(async () => {
  directory = await mkdtemp(pathOf(tmpdir(), 'cachex-'));
});
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.leave({ within: 100 })));
  await rm(directory, { recursive: true });
});

it('takes what the nodes have settled, and the settings of a cache, from them', async () => {
  const node = await join({
    ...{ cluster: 'settled', directory, id: 'a', failureAfter: '700ms', router: ring({ virtualNodes: 64 }) },
    backups: 1,
  });
  nodes.push(node);
  const settings = { ttl: '90s', expiration: { jitter: 0.5, interval: false }, backups: false } as const;
  const limit = { bytes: '1mb', sizeOf: () => 7, policy: 'lru' } as const;
  const users = node.cache<string, string>('users', { ...settings, limit });
  await users.put('ada', 'Ada');
  const cachex = new Program({ CACHEX_CLUSTER: 'settled' });
  const got = await cachex.run(['get', 'users', 'ada', '--directory', directory]);
  expect(got).toEqual({ code: 0, out: 'Ada\n', err: '' });
});

it('without a name it is the cluster of the application in this folder', async () => {
  await writeFile(pathOf(directory, 'package.json'), '{ "name": "shop" }');
  const dist = fileURLToPath(new URL('../../dist/cluster/index.js', import.meta.url));
  const program = `
    import { join } from ${JSON.stringify(dist)};
    const node = await join({ keepAlive: true });
    await node.cache('users').put('ada', 'Ada');
    process.send('ready');`;
  const file = pathOf(directory, 'app.mjs');
  await writeFile(file, program);
  const env = { PATH: process.env.PATH, TMPDIR: directory };
  const app = fork(file, { cwd: directory, env, execArgv: [] });
  try {
    await once(app, 'message');
    const got = await new Program({ TMPDIR: directory }, directory).run(['get', 'users', 'ada']);
    expect(got).toEqual({ code: 0, out: 'Ada\n', err: '' });
  } finally {
    app.kill('SIGKILL');
    await once(app, 'exit');
  }
});

it('is one of a fixed list of nodes, with the weight 0', async () => {
  const file = pathOf(directory, 'nodes.json');
  const address = (id: string): string => `unix:${directory}/${id}.sock`;
  const list = [
    ...['one', 'two'].map((id) => ({ id, address: address(id) })),
    { id: 'ops', address: address('ops'), weight: 0 },
  ];
  await writeFile(file, JSON.stringify(list));
  const start = (id: string): Promise<ClusterNode> =>
    join({ cluster: 'listed', id, directory, store: staticNodes(list), settle: 10 });
  const cachex = new Program({ CACHEX_CLUSTER: 'listed', CACHEX_NODES: file });
  // A cluster begins when all of its list are there.
  const beginning = cachex.run(['status', '--id', 'ops', '--timeout', '15s']);
  nodes.push(...(await Promise.all([start('one'), start('two')])));
  expect((await beginning).code).toBe(0);
  const [users] = nodes.map((node) => node.cache<string, string>('users'));
  await users!.put('ada', 'Ada');
  const got = await cachex.run(['get', 'users', 'ada', '--id', 'ops']);
  expect(got).toEqual({ code: 0, out: 'Ada\n', err: '' });
}, 60_000);

describeNats('a cluster that meets at a NATS server', () => {
  let server: NatsServer;
  beforeEach(async () => {
    server = await NatsServer.start();
  });
  afterEach(() => server.remove());

  it('is joined by its address, with certificates and a secret', async () => {
    const machine = await Machine.start();
    try {
      const place = { name: 'tls-and-nats', parameters: { servers: server.url } };
      const worker = await machine.worker('a', { place });
      await worker.do('put', 'ada', 'Ada');
      const environment = { CACHEX_CLUSTER: 'processes', CACHEX_NATS: server.url };
      const trusted = new Program({ ...environment, CACHEX_SECRET: 'what all workers know' });
      const files = ['cert', 'node', 'key', 'node', 'ca', 'ca'].map((word, n) =>
        n % 2 === 0 ? `--tls-${word}` : certificate(word),
      );
      expect(await trusted.run(['get', 'users', 'ada', ...files])).toEqual({
        code: 0,
        out: 'Ada\n',
        err: '',
      });
      const stranger = await new Program({ ...environment, CACHEX_SECRET: 'a guess of somebody else' }).run([
        'get',
        'users',
        'ada',
        ...files,
      ]);
      expect(stranger.code).toBe(3);
      expect(stranger.err).toContain('CACHEX_SECRET');
    } finally {
      await machine.stop();
    }
  }, 60_000);

  it('is joined with the credentials of the address, which nobody is shown', async () => {
    const guarded = await NatsServer.start({ config: 'authorization { user: ada, password: "p@ss" }' });
    const nats = { servers: guarded.url, user: 'ada', pass: 'p@ss' };
    const options = { cluster: 'shop', id: 'a', store: natsStore(nats), transport: natsTransport(nats) };
    const node = await join(options);
    try {
      await node.cache<string, string>('users').put('ada', 'Ada');
      const cachex = new Program({ CACHEX_NATS: guarded.url.replace('//', '//ada:p%40ss@') });
      const got = await cachex.run(['get', 'users', 'ada', '--cluster', 'shop']);
      expect(got).toEqual({ code: 0, out: 'Ada\n', err: '' });
      const other = await cachex.run(['status', '--cluster', 'other']);
      expect(other).toMatchObject({ code: 3, err: expect.stringContaining(`is at ${guarded.url}`) });
    } finally {
      await node.leave({ within: 100 });
      await guarded.remove();
    }
  }, 60_000);

  it('is called by way of it, if its nodes are', async () => {
    const nats = { servers: server.url };
    const node = await join({
      cluster: 'shop',
      id: 'a',
      store: natsStore(nats),
      transport: natsTransport(nats),
    });
    try {
      await node.cache<string, string>('users').put('ada', 'Ada');
      const got = await new Program({}).run([
        'get',
        'users',
        'ada',
        '--cluster',
        'shop',
        '--nats',
        server.url,
      ]);
      expect(got).toEqual({ code: 0, out: 'Ada\n', err: '' });
    } finally {
      await node.leave({ within: 100 });
    }
  }, 60_000);
});
