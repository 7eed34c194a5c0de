import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Bucket, type Entry } from '../../src/nats/bucket.ts';
import { systemRandom } from '../../src/random.ts';
import { viewStoreSuite } from '../../src/testing/view-store-suite.ts';
import type { View } from '../../src/view.ts';
import type { ViewStore } from '../../src/view-store.ts';
import { type NatsStoreOptions, natsStore } from '../../src/view-stores/nats.ts';
import { firstView } from '../arbitraries.ts';
import { describeNats, NatsServer } from '../nats-server.ts';

const viewAt = (epoch: number, birth = 'birth'): View => ({ ...firstView(8), epoch, birth });
const opened: ViewStore[] = [];
let clusters = 0;

/** A store of the cluster of the test, unless another one is named. */
function open(
  servers: NatsServer | NatsServer[],
  options: Partial<NatsStoreOptions & { cluster: string }> = {},
) {
  const { cluster = `test ${clusters}`, ...rest } = options;
  const urls = [servers].flat().map(({ url }) => url);
  const place = natsStore({ servers: urls, poll: 100, ...rest });
  const store = place({ cluster, clock: systemClock, random: systemRandom });
  opened.push(store);
  return store;
}

/** Resolves at the next hint of a store after which it reads an epoch of at least `epoch`. */
async function hinted(store: ViewStore, epoch: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = store.watch(async () => {
      const view = await store.read().catch(() => undefined);
      if ((view?.epoch ?? 0) < epoch) return;
      stop();
      resolve();
    });
  });
}

/** Tries until it succeeds; the limit of the test is the limit. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await new Promise((turn) => setImmediate(turn));
    }
  }
}

afterEach(async () => {
  vi.restoreAllMocks();
  clusters += 1;
  for (const store of opened.splice(0)) await store.close();
});

describeNats('natsStore', () => {
  let server: NatsServer;
  let admin: NatsConnection;
  beforeAll(async () => {
    server = await NatsServer.start();
    admin = await connect({ servers: server.url });
  });
  afterAll(async () => {
    await admin.close();
    await server.remove();
  });

  viewStoreSuite({ describe, it }, 'nats', async () => {
    clusters += 1;
    return { open: () => open(server), close: async () => {} };
  });

  const bucket = (): string => `bucket-${clusters}`;

  it('is confirmed for many who read at once, on as many connections', async () => {
    const stores = Array.from({ length: 10 }, () => open(server));
    await stores[0]!.compareAndSet(0, viewAt(1));
    const reads = stores.flatMap((store) => Array.from({ length: 5 }, () => store.read()));
    for (const view of await Promise.all(reads)) expect(view).toEqual(viewAt(1));
  });

  /** What a writer does that says nothing before, as one that has slept. */
  async function writeLate(entry: Entry): Promise<Bucket> {
    const options = { bucket: bucket(), cluster: `test ${clusters}`, replicas: 1, create: false };
    const late = (await Bucket.open({ ...options, connection: admin, timeout: 5_000 }))!;
    await late.write(entry, Buffer.from('nonsense'));
    return late;
  }

  it('makes its bucket once, however many come at once', async () => {
    const stores = Array.from({ length: 10 }, () => open(server, { bucket: bucket() }));
    const won = await Promise.all(stores.map((store, n) => store.compareAndSet(0, viewAt(1, `racer-${n}`))));
    expect(won.filter(Boolean)).toHaveLength(1);
    for (const store of stores) expect((await store.read())?.birth).toBe(`racer-${won.indexOf(true)}`);
  });

  it('pays no attention to who comes second, before and after views were built on the first', async () => {
    const store = open(server, { bucket: bucket() });
    await store.compareAndSet(0, viewAt(1));
    const late = await writeLate({ slot: 1, token: 'late', after: 'none' });
    expect((await late.first(1))?.entry.token).not.toBe('late');
    expect(await store.read()).toEqual(viewAt(1));
    expect(await open(server, { bucket: bucket() }).read()).toEqual(viewAt(1));
    expect(await store.compareAndSet(1, viewAt(2))).toBe(true);
    await writeLate({ slot: 1, token: 'later', after: 'none' });
    expect(await open(server, { bucket: bucket() }).read()).toEqual(viewAt(2));
    expect(await store.compareAndSet(2, viewAt(3))).toBe(true);
    expect(await open(server, { bucket: bucket() }).read()).toEqual(viewAt(3));
  });

  it('does not take who comes second for the first, when that is removed while it asks', async () => {
    const [store, other] = [open(server, { bucket: bucket() }), open(server, { bucket: bucket() })];
    await other.compareAndSet(0, viewAt(1));
    const { first } = Bucket.prototype;
    const asking = vi.spyOn(Bucket.prototype, 'first').mockImplementationOnce(async function (
      this: Bucket,
      slot: number,
    ) {
      // It knows by now that 1 is the newest.
      await other.compareAndSet(1, viewAt(2));
      await eventually(async () => expect(await this.entries(0)).toMatchObject([{ slot: 2 }]));
      await writeLate({ slot: 1, token: 'late', after: 'none' });
      return first.call(this, slot);
    });
    expect(await store.read()).toEqual(viewAt(2));
    expect(asking).toHaveBeenCalledTimes(2);
  });

  it('says that its view counts, when that is removed while it asks who was first', async () => {
    const [store, other] = [open(server, { bucket: bucket() }), open(server, { bucket: bucket() })];
    await other.read();
    const { write, first } = Bucket.prototype;
    vi.spyOn(Bucket.prototype, 'write').mockImplementationOnce(async function (this: Bucket, entry, bytes) {
      const place = await write.call(this, entry, bytes);
      await writeLate({ slot: 1, token: 'second', after: 'none' });
      return place;
    });
    vi.spyOn(Bucket.prototype, 'first').mockImplementationOnce(async function (this: Bucket, slot: number) {
      expect(await other.compareAndSet(1, viewAt(2))).toBe(true);
      await eventually(async () => expect(await this.entries(0)).toMatchObject([{ slot: 2 }]));
      await writeLate({ slot: 1, token: 'late', after: 'none' });
      return first.call(this, slot);
    });
    expect(await store.compareAndSet(0, viewAt(1))).toBe(true);
  });

  it('answers nothing that does not know of what was written since the question', async () => {
    const store = open(server, { bucket: bucket() });
    await store.compareAndSet(0, viewAt(1));
    const late = await writeLate({ slot: 1, token: 'late', after: 'none' });
    const mark = await late.mark();
    expect(await late.entries(mark)).toHaveLength(2);
    expect(await late.entries(mark + 1)).toBeUndefined();
  });

  it('keeps no views but the newest', async () => {
    const store = open(server, { bucket: bucket() });
    for (let epoch = 0; epoch < 5; epoch += 1) await store.compareAndSet(epoch, viewAt(epoch + 1));
    const manager = await jetstreamManager(admin);
    await eventually(async () => {
      const filter = { subjects_filter: `$KV.${bucket()}.view.>` };
      const { state } = await manager.streams.info(`KV_${bucket()}`, filter);
      expect(Object.keys(state.subjects!)).toHaveLength(1);
    });
    expect(await store.read()).toEqual(viewAt(5));
  });

  it('keeps clusters apart, whatever they are called', async () => {
    const names = [
      'a b',
      'a_b',
      'a.b',
      '*',
      '>',
      '$',
      '../x',
      'ü',
      ' ',
      'x'.repeat(255),
      `${'x'.repeat(254)}y`,
    ];
    const stores = names.map((cluster) => open(server, { cluster }));
    for (const [index, store] of stores.entries()) await store.compareAndSet(0, viewAt(1, names[index]));
    for (const [index, store] of stores.entries()) expect((await store.read())?.birth).toBe(names[index]);
  });

  it.each([
    ['memory', { storage: 'memory' }, 'memory'],
    ['ttl', { ttl: 60_000 }, 'expire'],
  ] as const)('refuses a bucket that would lose views: %s', async (_name, options, reason) => {
    await new Kvm(admin).create(bucket(), options as object);
    await expect(open(server, { bucket: bucket() }).read()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(reason),
    });
  });

  it('uses a bucket that somebody else has made, and learns of views by looking', async () => {
    await new Kvm(admin).create(bucket());
    const [store, other] = [open(server, { bucket: bucket() }), open(server, { bucket: bucket() })];
    const heard = hinted(other, 1);
    await store.compareAndSet(0, viewAt(1));
    await heard;
  });

  it('rejects when its bucket is deleted, and does not make another one', async () => {
    const store = open(server, { bucket: bucket() });
    await store.compareAndSet(0, viewAt(1));
    const manager = await jetstreamManager(admin);
    await manager.streams.delete(`KV_${bucket()}`);
    const lost = { code: 'STORE_LOST', message: expect.stringContaining('deleted') };
    for (let n = 0; n < 2; n += 1) {
      await expect(store.read()).rejects.toMatchObject(lost);
      await expect(store.compareAndSet(1, viewAt(2))).rejects.toMatchObject(lost);
      await expect(store.compareAndSet(0, viewAt(1))).rejects.toMatchObject(lost);
    }
    await expect(manager.streams.info(`KV_${bucket()}`)).rejects.toThrow('not found');
  });

  it('rejects when an empty or older bucket takes the place of its own, until that has caught up', async () => {
    const store = open(server, { bucket: bucket() });
    await store.compareAndSet(0, viewAt(3));
    const manager = await jetstreamManager(admin);
    await manager.streams.delete(`KV_${bucket()}`);
    const other = open(server, { bucket: bucket() });
    expect(await other.read()).toBeUndefined();
    const lost = { code: 'STORE_LOST', message: expect.stringContaining('epoch 3') };
    await expect(store.read()).rejects.toMatchObject(lost);
    await expect(store.compareAndSet(0, viewAt(4))).rejects.toMatchObject(lost);
    await other.compareAndSet(0, viewAt(2, 'other'));
    await expect(store.read()).rejects.toMatchObject(lost);
    await expect(store.compareAndSet(2, viewAt(4))).rejects.toMatchObject(lost);
    await other.compareAndSet(2, viewAt(4, 'other'));
    expect((await store.read())?.birth).toBe('other');
  });

  it('rejects when all is purged from its bucket', async () => {
    const store = open(server, { bucket: bucket() });
    await store.compareAndSet(0, viewAt(1));
    await (await jetstreamManager(admin)).streams.purge(`KV_${bucket()}`);
    await expect(store.read()).rejects.toMatchObject({ code: 'STORE_LOST' });
    const fresh = open(server, { bucket: bucket() });
    expect(await fresh.read()).toBeUndefined();
    expect(await fresh.compareAndSet(0, viewAt(1, 'other'))).toBe(true);
    // The same epoch, and the same place in the order: it is another view all the same.
    expect((await store.read())?.birth).toBe('other');
  });

  it('keeps the largest views there are', async () => {
    const members = Array.from({ length: 100 }, (_, n) => `node-${String(n).padStart(3, '0')}`);
    const partitions = 65_536;
    const at = (partition: number): string => members[Math.floor(Math.abs(Math.sin(partition)) * 100)]!;
    const list = Array.from({ length: partitions }, (_, partition) => partition);
    const view: View = {
      ...firstView(8),
      members: members.map((id) => ({ id, incarnation: id, address: id, weight: 1, opened: [] })),
      owners: list.map(at),
      backups: list.map((partition) => [at(partition + 1), at(partition + 2)]),
      terms: list.map((partition) => 1 + Math.floor(Math.abs(Math.cos(partition)) * 10_000)),
      origins: list.map(() => 1),
    };
    await open(server).compareAndSet(0, view);
    expect(await open(server).read()).toEqual(view);
  });

  it('lets an idle process end', async () => {
    const fixture = fileURLToPath(new URL('fixtures/nats-watcher.mjs', import.meta.url));
    const child = fork(fixture, [server.url], { execArgv: [] });
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it.each([
    { servers: [] },
    { servers: '' },
    { servers: [7] },
    { user: 7 },
    { pas: 'x' },
    { timeout: 0 },
    { poll: 'often' },
    { bucket: 'a.b' },
    { replicas: 1.5 },
    { replicas: 6 },
  ])('refuses bad options: %j', (options) => {
    const name = Object.keys(options)[0];
    const refused = expect.objectContaining({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(name!),
    });
    expect(() => natsStore({ servers: 'a', ...options } as NatsStoreOptions)).toThrow(refused);
  });
});

describeNats('natsStore, when its server', () => {
  let server: NatsServer;
  afterEach(() => server.remove());

  it('is killed and started again, goes on with what there was', async () => {
    server = await NatsServer.start();
    const [store, other] = [open(server), open(server)];
    await store.compareAndSet(0, viewAt(1));
    expect(await other.read()).toEqual(viewAt(1));
    for (let epoch = 1; epoch <= 3; epoch += 1) {
      await hinted(other, epoch);
      await server.kill();
      await expect(store.read()).rejects.toThrow();
      await expect(store.read()).rejects.toThrow('no NATS server can be reached');
      await expect(store.compareAndSet(epoch, viewAt(epoch + 1))).rejects.toThrow();
      await server.restart();
      expect((await store.read())?.epoch).toBe(epoch);
      expect(await store.compareAndSet(epoch, viewAt(epoch + 1))).toBe(true);
      await hinted(other, epoch + 1);
    }
  });

  it('hangs, is not waited for longer than it may take, and is used again when it goes on', async () => {
    server = await NatsServer.start();
    const store = open(server, { timeout: 200 });
    await store.compareAndSet(0, viewAt(1));
    await server.suspend();
    await expect(store.read()).rejects.toThrow();
    await expect(store.compareAndSet(1, viewAt(2))).rejects.toThrow();
    server.resume();
    const view = await eventually(() => store.read());
    expect([1, 2]).toContain(view?.epoch);
  });

  it('refuses a password, says so at once', async () => {
    server = await NatsServer.start({ flags: ['--user', 'ada', '--pass', 'right'] });
    const refused = { code: 'INVALID_OPTION', message: expect.stringContaining(`${server.url} refuses`) };
    await expect(open(server).read()).rejects.toMatchObject(refused);
    await expect(open(server, { user: 'ada', pass: 'wrong' }).read()).rejects.toMatchObject(refused);
    const store = open(server, { user: 'ada', pass: 'right' });
    expect(await store.compareAndSet(0, viewAt(1))).toBe(true);
  });

  it('lets this user do no more than is needed, works all the same', async () => {
    const allowed =
      'publish: ["$KV.cachex.>", "$JS.API.>"], subscribe: ["cachex.hints.cachex.>", "_INBOX.>"]';
    server = await NatsServer.start({
      config: `authorization { users = [{ user: ada, password: x, permissions: { ${allowed} } }] }`,
    });
    const [store, other] = [0, 1].map(() => open(server, { user: 'ada', pass: 'x', poll: 60_000 }));
    const heard = hinted(other!, 1);
    await store!.compareAndSet(0, viewAt(1));
    await heard;
    expect(await store!.compareAndSet(1, viewAt(2))).toBe(true);
    await hinted(other!, 2);
  });

  it('speaks TLS, is believed only with the right certificate', async () => {
    const { caFile, config } = await NatsServer.certified();
    server = await NatsServer.start({ config });
    const fixture = fileURLToPath(new URL('fixtures/nats-watcher.mjs', import.meta.url));
    const tls = { caFile };
    const store = open(server, { tls });
    expect(await store.compareAndSet(0, viewAt(1))).toBe(true);
    expect(await store.read()).toEqual(viewAt(1));
    // Over TLS, too, an idle process may end.
    const child = fork(fixture, [server.url, JSON.stringify(tls)], { execArgv: [] });
    expect((await once(child, 'exit'))[0]).toBe(0);
    await expect(open(server).read()).rejects.toThrow(/certificate|signed/);
    await rm(dirname(caFile), { recursive: true });
  });

  it('has no JetStream, says so', async () => {
    server = await NatsServer.start({ jetstream: false });
    await expect(open(server).read()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('JetStream'),
    });
  });

  it('takes only small messages, refuses a larger view before it is sent', async () => {
    server = await NatsServer.start({ config: 'max_payload: 2048' });
    const store = open(server);
    await store.compareAndSet(0, viewAt(1));
    const caches = { users: Array.from({ length: 2_000 }, (_, n) => Math.sin(n)) };
    const refused = { code: 'TOO_LARGE', message: expect.stringContaining('max_payload') };
    await expect(store.compareAndSet(1, { ...viewAt(2), caches })).rejects.toMatchObject(refused);
    expect(await store.read()).toEqual(viewAt(1));
  });
});

describeNats('natsStore on three servers', () => {
  let servers: NatsServer[];
  beforeAll(async () => {
    servers = await NatsServer.startCluster(3);
  });
  afterAll(() => Promise.all(servers.map((server) => server.remove())));

  it('lets one of 50 racing writers win', async () => {
    const stores = Array.from({ length: 6 }, (_, n) => open(servers[n % 3]!, { replicas: 3 }));
    await eventually(() => stores[0]!.read());
    for (const expected of [0, 1, 2]) {
      const racers = Array.from({ length: 50 }, (_, racer) => `racer-${racer}`);
      const won = await Promise.all(
        racers.map((racer, n) => stores[n % 6]!.compareAndSet(expected, viewAt(expected + 1, racer))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      for (const store of stores) expect((await store.read())?.birth).toBe(racers[won.indexOf(true)]);
    }
  });

  it('goes on when the one that leads is killed, though a node was told of no other', async () => {
    const stores = servers.map((server) =>
      open(server, { replicas: 3, timeout: 1_000, bucket: 'replicated' }),
    );
    await eventually(() => stores[0]!.read());
    expect(await stores[0]!.compareAndSet(0, viewAt(1))).toBe(true);
    for (const store of stores) expect(await store.read()).toEqual(viewAt(1));
    const admin = await connect({ servers: servers[0]!.url });
    const { cluster } = await (await jetstreamManager(admin)).streams.info('KV_replicated');
    await admin.close();
    const leader = servers.find(({ name }) => name === cluster?.leader)!;
    await leader.kill();
    // What was sent while nobody led may have been done, or not.
    const after = await eventually(async () => {
      const epoch = (await stores[0]!.read())!.epoch;
      if (epoch === 1) await stores[0]!.compareAndSet(1, viewAt(2));
      return (await stores[0]!.read())!.epoch;
    });
    expect(after).toBe(2);
    for (const store of stores) expect(await eventually(() => store.read())).toEqual(viewAt(2));
    await leader.restart();
    expect(await eventually(() => stores[1]!.compareAndSet(2, viewAt(3)))).toBe(true);
    for (const store of stores) expect(await eventually(() => store.read())).toEqual(viewAt(3));
  });
});
