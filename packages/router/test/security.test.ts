import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { type Frame, FrameReader, FrameType, finishFrame, startFrame } from '../src/frame.ts';
import { type JoinOptions, join, type Logger, memoryStoreHub, type RoutedNode } from '../src/index.ts';
import { ManualClock } from '../src/testing/index.ts';
import { socketTransport } from '../src/transports/socket.ts';
import { box } from './box.ts';
import { helloFrame, request, writeCall } from './links.ts';
import { material } from './transports/certificates.ts';

const secret = 'correct horse battery staple';

let directory: string;
let store: ReturnType<typeof memoryStoreHub>;
let nodes: RoutedNode[];
let logged: string[];
const others: (Server | Socket)[] = [];
beforeEach(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'cx-'));
  store = memoryStoreHub();
  nodes = [];
  logged = [];
});
afterEach(async () => {
  for (const other of others.splice(0)) 'destroy' in other ? other.destroy() : other.close();
  for (const node of nodes.reverse()) await node.close();
  await rm(directory, { recursive: true });
});

const note = (message: string): void => void logged.push(message);
const logger: Logger = { debug: note, info: note, warn: note, error: note };

async function enter(id: string, options: Partial<JoinOptions>): Promise<RoutedNode> {
  const node = await join({
    cluster: 'test',
    id,
    partitions: 16,
    settle: 10,
    store: store.open(),
    logger,
    ...options,
  });
  nodes.push(node);
  return node;
}

const put = (value: unknown) => ({ service: 'box', handler: 'put', args: [value] });
const get = { service: 'box', handler: 'get', args: [] };

/** Every node reaches every other over links that stand. */
async function expectLinks(): Promise<void> {
  const ping = { service: '$cluster', handler: 'ping', args: [] };
  for (const node of nodes) {
    for (const { id } of nodes) await node.dispatch.callNode(id, ping);
    expect(node.status().members.filter(({ up }) => !up)).toEqual([]);
  }
}

/** A value in each partition, put by one node, is there for all, before and after one leaves. */
async function expectOneCluster(): Promise<void> {
  await Promise.all(nodes.map((node) => node.open('box', box(node))));
  await Promise.all(nodes.map((node) => node.ready()));
  for (let hash = 0; hash < 16; hash += 1) await nodes[0]!.dispatch.call(hash, put(`value ${hash}`));
  const all = async (): Promise<void> => {
    for (const node of nodes) {
      for (let hash = 0; hash < 16; hash += 1)
        expect(await node.dispatch.call(hash, get)).toBe(`value ${hash}`);
    }
  };
  await all();
  expect(await nodes.pop()!.leave()).toMatchObject({ lost: 0 });
  await all();
}

const unix = (): string => `unix:${directory}/${Math.random().toString(36).slice(2)}.sock`;

type Ways = Record<string, (id: 'a' | 'b' | 'c') => Partial<JoinOptions>>;

const ways: Ways = {
  'TCP with a secret': () => ({ listen: 'tcp://127.0.0.1:0', secret }),
  'TLS with a secret': () => ({ listen: 'tls://127.0.0.1:0', secret }),
  'TLS with certificates': () => ({ listen: 'tls://127.0.0.1:0', tls: material('node') }),
  'TLS with certificates and a secret': () => ({
    listen: 'tls://127.0.0.1:0',
    tls: () => material('server-only'),
    secret,
  }),
  'sockets of every kind': (id) => ({
    listen: { a: unix(), b: 'tcp://127.0.0.1:0', c: 'tls://[::1]:0' }[id],
    tls: material('node'),
    secret,
  }),
};

describe.each(Object.entries(ways))('a cluster over %s', (_way, options) => {
  it('is one cluster, whose nodes come and go', async () => {
    for (const id of ['a', 'b', 'c'] as const) await enter(id, options(id));
    await expectOneCluster();
  });
});

/** How a joiner is refused, and by whom: quickly, with a code, and without a trace in the view. */
async function refusal(options: Partial<JoinOptions>): Promise<Error> {
  const error = await join({ cluster: 'test', store: store.open(), logger, ...options }).then(
    async (node) => {
      await node.close();
      throw new Error('it was let in');
    },
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ name: 'RouterError', code: 'NOT_TRUSTED' });
  expect(nodes[0]!.nodes().map(({ id }) => id)).toEqual(['a']);
  return error;
}

describe('a node that meets the others elsewhere than in a directory', () => {
  it('makes one for its socket alone, if it listens at one', async () => {
    const place = `${directory}/made`;
    const errors: unknown[] = [];
    const settled = async (node: RoutedNode): Promise<void> => {
      node.on('error', (error) => errors.push(error));
      await new Promise((resolve) => setImmediate(resolve));
    };
    await settled(await enter('a', { directory: place, listen: 'tcp://127.0.0.1:0' }));
    await settled(await enter('b', { directory: place, listen: unix() }));
    expect(existsSync(place)).toBe(false);
    await settled(await enter('c', { directory: place }));
    expect(existsSync(place)).toBe(true);
    expect(logged.filter((message) => message.includes('ENOENT'))).toEqual([]);
    expect(errors).toEqual([]);
    await expectOneCluster();
  });

  it('does not ask where they meet when it cannot listen', async () => {
    const a = await enter('a', { listen: 'tcp://127.0.0.1:0' });
    let reads = 0;
    const place = store.open();
    const counting = { ...place, read: () => ++reads && place.read() };
    const listen = a.nodes()[0]!.address;
    await expect(enter('b', { listen, store: counting as never })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^listen: .* cannot be had: .*EADDRINUSE/),
    });
    expect(reads).toBe(0);
  });
});

describe('a node that is not trusted', () => {
  const loopback = 'tcp://127.0.0.1:0';
  const sealed = 'tls://127.0.0.1:0';
  const node = material('node');

  it.each<[what: string, founder: Partial<JoinOptions>, joiner: Partial<JoinOptions>, reason: RegExp]>([
    [
      'another secret over TCP',
      { listen: loopback, secret },
      { listen: loopback, secret: `${secret}!` },
      /another secret/,
    ],
    ['no secret', { listen: loopback, secret }, { listen: loopback }, /pass it to join as 'secret'/],
    [
      'a secret where there is none',
      { listen: loopback },
      { listen: loopback, secret },
      /this node has none/,
    ],
    [
      'another secret over TLS',
      { listen: sealed, secret },
      { listen: sealed, secret: `${secret}!` },
      /or both the same secret\?/,
    ],
    [
      'another secret over TLS with certificates',
      { listen: sealed, tls: node, secret },
      { listen: sealed, tls: node, secret: `${secret}!` },
      /another secret/,
    ],
    [
      'neither for TLS',
      { listen: sealed, secret },
      { listen: unixPath() },
      /pass 'tls' or 'secret' as the others do/,
    ],
    [
      'a certificate of another CA',
      { listen: sealed, tls: node },
      { listen: sealed, tls: { ...material('foreign'), ca: node.ca } },
      /certificate is refused: UNABLE/,
    ],
    [
      'another CA',
      { listen: sealed, tls: node },
      { listen: sealed, tls: material('foreign', 'foreign-ca') },
      /self-signed certificate in certificate chain/,
    ],
    [
      'an expired certificate',
      { listen: sealed, tls: node },
      { listen: sealed, tls: material('expired') },
      /certificate is refused: CERT_HAS_EXPIRED/,
    ],
    [
      'a certificate of another host',
      { listen: sealed, tls: node },
      { listen: sealed, tls: material('elsewhere') },
      /it calls back at tls:\/\/127\.0\.0\.1:\d+, and .*does not match certificate/,
    ],
    [
      'a certificate with which it cannot be called back',
      { listen: sealed, tls: node, secret },
      { listen: sealed, tls: material('expired'), secret },
      /it calls back at .*, and .*certificate has expired/,
    ],
  ])('for it has %s, is told why, and the cluster goes on', async (_what, founder, joiner, reason) => {
    await enter('a', founder);
    expect((await refusal(joiner)).message).toMatch(reason);
  });

  /** Never listened at: nothing is made before it is refused. */
  function unixPath(): string {
    return `unix:${tmpdir()}/cx-${process.pid}-${Math.random().toString(36).slice(2)}.sock`;
  }
});

/** Where a node listens. */
function portOf(node: RoutedNode): number {
  const { address } = node.nodes().find(({ id }) => id === node.id)!;
  return Number(address.split(':').at(-1));
}

/** Says something to a node, as anybody could, and hears what it answers until it has closed the connection. */
async function say(port: number, ...pieces: Uint8Array[]): Promise<Frame[]> {
  const socket = connect(port, '127.0.0.1');
  others.push(socket);
  const reader = new FrameReader(() => 2 ** 20);
  const frames: Frame[] = [];
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => frames.push(...reader.push(chunk)));
  for (const piece of pieces) socket.write(piece);
  await new Promise((resolve) => socket.once('close', resolve));
  return frames;
}

describe('a node over TCP with a secret', () => {
  const options = { listen: 'tcp://127.0.0.1:0', secret };

  /** A relay that keeps all that diallers have said, connection by connection. */
  async function relay(port: number): Promise<{ address: string; said: Buffer[][] }> {
    const said: Buffer[][] = [];
    const server = createServer((dialler) => {
      const heard: Buffer[] = [];
      said.push(heard);
      const acceptor = connect(port, '127.0.0.1');
      others.push(dialler, acceptor);
      dialler.on('data', (chunk: Buffer) => heard.push(chunk));
      for (const socket of [dialler, acceptor]) socket.on('error', () => {});
      dialler.pipe(acceptor).pipe(dialler);
    });
    others.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return { address: `tcp://127.0.0.1:${(server.address() as { port: number }).port}`, said };
  }

  it('is not fooled by a handshake that is said again', async () => {
    const port = await freePort();
    const { address, said } = await relay(port);
    await enter('a', { ...options, listen: `tcp://127.0.0.1:${port}`, advertise: address });
    await enter('b', options);
    await expectLinks();
    const links = said.filter((pieces) => pieces.length > 0);
    expect(links.length).toBeGreaterThan(0);
    for (const pieces of links) {
      logged = [];
      const frames = await say(port, Buffer.concat(pieces));
      expect(frames.map(({ type }) => type)).toEqual([FrameType.challenge, FrameType.refused]);
      expect(logged).toContainEqual(
        expect.stringContaining('a link is refused: the one that dials has another secret'),
      );
    }
    for (const node of nodes) expect(node.status().members.filter(({ up }) => !up)).toEqual([]);
  });

  it('keeps its links when somebody claims to be at their other end', async () => {
    const a = await enter('a', options);
    const b = await enter('b', options);
    await expectLinks();
    const [self, incarnation] = [a.nodes()[0]!, b.nodes()[1]!.incarnation];
    const hello = {
      birth: a.view.birth,
      id: 'b',
      incarnation,
      to: { id: 'a', incarnation: self.incarnation },
    };
    for (const nonce of [undefined, 'bm9uY2U=']) {
      const claim = helloFrame({ ...hello, ...(nonce === undefined ? {} : { nonce }) });
      const frames = await say(portOf(a), claim, claim);
      expect(frames.map(({ type }) => type)).not.toContain(FrameType.welcome);
    }
    for (const node of nodes) expect(node.status().members.filter(({ up }) => !up)).toEqual([]);
  });

  it('tells a stranger nothing, whatever it says', async () => {
    const a = await enter('a', options);
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
      Buffer.from('160301020001', 'hex'),
      Buffer.of(0, 0, 0, 0, 0, 0),
      Buffer.of(0xff, 0xff, 0xff, 0xff, 1),
      Buffer.alloc(64 * 1024, 1),
      Buffer.of(0, 0, 0, 3, FrameType.hello, 0x7b, 0x7d),
    ];
    for (const bytes of garbage) expect(await say(portOf(a), bytes)).toEqual([]);
    expect(logged.filter((message) => message.includes('closing the link from a stranger'))).toHaveLength(
      garbage.length,
    );
    await enter('b', options);
  });
});

describe('a node and who breaks the rules of its socket', () => {
  /** A node with small limits, another that is its friend, and where to dial it. */
  async function attacked(options: Partial<JoinOptions> = {}): Promise<{ port: number; hello: Buffer }> {
    const listen = 'tcp://127.0.0.1:0';
    const a = await enter('a', { listen, limits: { queued: 256 * 1024 }, ...options });
    await enter('b', { listen, ...options });
    const big = { big: () => 'x'.repeat(100_000) };
    for (const node of nodes) await node.open('echo', { handlers: big });
    await expectLinks();
    const { incarnation } = a.nodes()[0]!;
    const hello = helloFrame({
      ...{ birth: a.view.birth, id: 'm', incarnation: 'm1', to: { id: 'a', incarnation } },
    });
    return { port: portOf(a), hello };
  }

  async function expectWell(): Promise<void> {
    await expectLinks();
    for (const node of nodes) expect(node.nodes().map(({ id }) => id)).toEqual(['a', 'b']);
  }

  it('gives up one that never finishes its handshake, with a secret or without', async () => {
    const { port, hello } = await attacked({ secret });
    const unfinished = [[], [hello.subarray(0, 9)], [Buffer.of(0, 0, 0x3f, 0xff, FrameType.hello)]];
    const heard = await Promise.all(unfinished.map((pieces) => say(port, ...pieces)));
    expect(heard).toEqual([[], [], []]);
    await expectWell();
  });

  it('closes the link of one that claims 4 GB once it is let in, and takes nothing for it', async () => {
    const { port, hello } = await attacked();
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 20; n += 1) {
      const socket = connect(port, '127.0.0.1');
      others.push(socket);
      socket.on('error', () => {});
      socket.write(hello);
      const [welcome] = (await once(socket, 'data')) as [Buffer];
      expect(welcome[4]).toBe(FrameType.welcome);
      socket.write(Buffer.of(0xff, 0xff, 0xff, 0xff, FrameType.calls, ...Buffer.alloc(1024, 0xff)));
      await once(socket, 'close');
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    expect(logged).toContainEqual(expect.stringContaining('closing the link from m: a frame of 4294967295'));
    await expectWell();
  });

  it('gives up one that asks and never reads', async () => {
    const { port, hello } = await attacked();
    const socket = connect(port, '127.0.0.1');
    others.push(socket);
    socket.on('error', () => {});
    socket.pause();
    const writer = startFrame(FrameType.calls);
    for (let id = 1; id <= 500; id += 1) writeCall(writer, request(id, { handler: 'big', args: [] }));
    socket.write(hello);
    socket.write(finishFrame(writer));
    const given = /closing the link from m: \d+ bytes of answers wait unread/;
    while (!logged.some((message) => given.test(message)))
      await new Promise<void>((resolve) => systemClock.defer(resolve));
    socket.resume();
    await once(socket, 'close');
    await expectWell();
  });

  it('speaks no older version because somebody between wants it to', async () => {
    const listen = 'tcp://127.0.0.1:0';
    const port = await freePort();
    const server = createServer((dialler) => {
      const acceptor = connect(port, '127.0.0.1');
      others.push(dialler, acceptor);
      for (const socket of [dialler, acceptor]) socket.on('error', () => {});
      dialler.on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1');
        acceptor.write(text.replace(/"speaks":\[(\d+),\d+\]/, '"speaks":[$1,$1]'), 'latin1');
      });
      dialler.on('close', () => acceptor.destroy());
      acceptor.pipe(dialler);
    });
    others.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const advertise = `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
    await enter('a', { listen: `tcp://127.0.0.1:${port}`, advertise, secret });
    expect((await refusal({ id: 'b', listen, secret })).message).toMatch(
      /another secret, or somebody stands/,
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('nodes whose certificates are renewed', () => {
  it('keep their links, and show the new ones to those who come', async () => {
    const clock = new ManualClock();
    let shown = material('node');
    const transport = socketTransport({ tls: () => shown, clock, log: note });
    const listen = 'tls://127.0.0.1:0';
    const a = await enter('a', { listen, transport });
    await enter('b', { listen, tls: material('node') });
    await expectLinks();
    // Those who come later trust nobody with the first certificates.
    shown = {
      ...material('foreign', 'foreign-ca'),
      ca: [material('node').ca, material('foreign', 'foreign-ca').ca] as string[],
    };
    await clock.advance(60_000);
    while (!logged.includes('new connections are shown new certificates'))
      await new Promise<void>((resolve) => systemClock.defer(resolve));
    for (const node of nodes) expect(node.status().members.filter(({ up }) => !up)).toEqual([]);
    await expectLinks();
    const renewed = socketTransport({ tls: material('foreign', 'foreign-ca') });
    const connection = await renewed.connect(a.nodes()[0]!.address);
    connection.close();
    const old = socketTransport({ tls: material('node') });
    await expect(old.connect(a.nodes()[0]!.address)).rejects.toMatchObject({ untrusted: true });
  });
});
