import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { transportSuite } from '../../src/testing/transport-suite.ts';
import type { Connection, Transport } from '../../src/transport.ts';
import { natsTransport } from '../../src/transports/nats.ts';
import { MessageType, writeMessage } from '../../src/transports/nats-message.ts';
import { describeNats, NatsServer } from '../nats-server.ts';

let count = 0;
const address = (): string => `nats:test.${count++}`;

/** Resolves with the bytes that come, and rejects when the stream ends before as many are there. */
function heard(connection: Connection, bytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    connection.handle({
      data: (chunk) => {
        text += Buffer.from(chunk).toString();
        if (text.length >= bytes) resolve(text);
      },
      close: () => reject(new Error('ended')),
    });
  });
}

const ended = (connection: Connection): Promise<void> =>
  new Promise((resolve) => connection.handle({ data: () => {}, close: resolve }));

/** Both ends of a new link to a new listener. */
async function pair(listening: Transport, dialling = listening) {
  let accept: (connection: Connection) => void;
  const accepted = new Promise<Connection>((resolve) => {
    accept = resolve;
  });
  const listener = await listening.listen(address(), (connection) => accept(connection));
  const dialled = await dialling.connect(listener.address);
  return { listener, dialled, accepted: await accepted };
}

/** Tries until somebody answers; the limit of the test is the limit. */
async function reach(transport: Transport, to: string): Promise<Connection> {
  for (;;) {
    try {
      return await transport.connect(to);
    } catch {
      await new Promise((turn) => setImmediate(turn));
    }
  }
}

describeNats('natsTransport', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start({ jetstream: false });
  });
  afterAll(() => server.remove());

  transportSuite({ describe, it }, 'nats', async () => ({
    transport: natsTransport({ servers: server.url }),
    address,
    close: async () => {},
  }));

  it('refuses addresses that are no subjects', async () => {
    const { listen, connect: dial } = natsTransport({ servers: server.url });
    for (const bad of ['', 'nats:', 'unix:/a', 'nats:a b', 'nats:a.*', 'nats:>', 'nats:a..b', 'nats:$SYS']) {
      await expect(listen(bad, () => {})).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(dial(bad)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it('refuses bad options', () => {
    expect(() => natsTransport({ servers: [] })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => natsTransport({ servers: 'a', bucket: 'b' } as never)).toThrow('bucket');
  });

  it('has an address for every node of every cluster', async () => {
    const transport = natsTransport({ servers: server.url });
    const addresses = ['shop', 'a b', '*', 'ü'].map((cluster) => transport.address!(cluster, 'node1'));
    expect(new Set(addresses).size).toBe(4);
    for (const each of addresses) await (await transport.listen(each, () => {})).close();
  });

  it('stops connecting when it is told to', async () => {
    const transport = natsTransport({ servers: server.url });
    const never = transport.connect(address(), { signal: AbortSignal.abort() });
    await expect(never).rejects.toMatchObject({ name: 'ConnectError', dead: false });
    const silent = await connect({ servers: server.url });
    silent.subscribe('test.silent', { callback: () => {} });
    await silent.flush();
    const abort = new AbortController();
    const waiting = transport.connect('nats:test.silent', { signal: abort.signal });
    const given = expect(waiting).rejects.toThrow('told to stop');
    setImmediate(() => abort.abort());
    await given;
    await expect(
      natsTransport({ servers: server.url, timeout: 100 }).connect('nats:test.silent'),
    ).rejects.toThrow('within 100 ms');
    await silent.close();
  });

  it('pays no attention to what others send to it', async () => {
    const transport = natsTransport({ servers: server.url });
    const stranger = await connect({ servers: server.url });
    const { listener, dialled, accepted } = await pair(transport);
    const subject = listener.address.slice('nats:'.length);
    stranger.publish(subject, 'no message at all');
    stranger.publish(subject, writeMessage(MessageType.dial, 1));
    stranger.publish(subject, writeMessage(MessageType.data, 0), { reply: 'test.stranger' });
    const refused = await stranger.request(subject, writeMessage(MessageType.dial, 99), { timeout: 5_000 });
    expect(refused.data[0]).toBe(MessageType.reset);
    await stranger.flush();
    const text = heard(accepted, 5);
    dialled.send(Buffer.from('hello'));
    expect(await text).toBe('hello');
    dialled.close();
    await listener.close();
    await stranger.close();
  });

  describe('to another process', () => {
    let child: ChildProcess;
    const start = async (keepAlive: boolean): Promise<string> => {
      const to = address();
      const path = fileURLToPath(new URL('fixtures/nats-listener.mjs', import.meta.url));
      const options = { servers: server.url, address: to, keepAlive };
      child = fork(path, [JSON.stringify(options)], { execArgv: [] });
      await once(child, 'message');
      return to;
    };
    afterEach(() => child.kill('SIGKILL'));

    it('ends when that is killed', async () => {
      const to = await start(true);
      const transport = natsTransport({ servers: server.url });
      const connection = await transport.connect(to);
      connection.send(Buffer.from('hello'));
      expect(await heard(connection, 5)).toBe('hello');
      const other = await transport.connect(to);
      const end = ended(other);
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      other.send(Buffer.from('anybody?'));
      await end;
      await expect(transport.connect(to)).rejects.toMatchObject({ name: 'ConnectError', dead: false });
      connection.close();
    });

    it('does not keep that alive unless it is asked to', async () => {
      await start(false);
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
    });
  });
});

describeNats('natsTransport, by way of servers that take only small messages', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start({ jetstream: false, config: 'max_payload: 4096' });
  });
  afterAll(() => server.remove());

  transportSuite({ describe, it }, 'nats in small pieces', async () => ({
    transport: natsTransport({ servers: server.url }),
    address,
    close: async () => {},
  }));
});

describeNats('natsTransport, between different servers of a cluster', () => {
  let servers: NatsServer[];
  beforeAll(async () => {
    servers = await NatsServer.startCluster(2);
    // Until the servers have told each other who listens where, nobody is there.
    const [one, other] = servers.map(({ url }) => natsTransport({ servers: url }));
    const listener = await one!.listen(address(), () => {});
    (await reach(other!, listener.address)).close();
    await listener.close();
  });
  afterAll(() => Promise.all(servers.map((server) => server.remove())));

  it('carries bytes both ways', async () => {
    const [one, other] = servers.map(({ url }) => natsTransport({ servers: url }));
    const listener = await one!.listen(address(), (connection) => {
      connection.handle({ data: (bytes) => connection.send(bytes), close: () => {} });
    });
    const dialled = await reach(other!, listener.address);
    const text = 'x'.repeat(1024 * 1024);
    dialled.send(Buffer.from(text));
    expect(await heard(dialled, text.length)).toBe(text);
    dialled.close();
    await listener.close();
  });
});

describeNats('natsTransport, when its server', () => {
  let server: NatsServer;
  afterEach(() => server.remove());

  it('is killed, ends its links; listeners are there again after it', async () => {
    server = await NatsServer.start({ jetstream: false });
    const [one, other] = [0, 1].map(() => natsTransport({ servers: server.url }));
    const { listener, dialled, accepted } = await pair(one!, other);
    const both = Promise.all([ended(dialled), ended(accepted)]);
    await server.kill();
    await both;
    dialled.send(Buffer.from('too late'));
    await expect(other!.connect(listener.address)).rejects.toMatchObject({
      name: 'ConnectError',
      dead: false,
    });
    await server.restart();
    (await reach(other!, listener.address)).close();
    await listener.close();
    await expect(other!.connect(listener.address)).rejects.toMatchObject({ name: 'ConnectError' });
  });

  it('is asked, shows one connection for all links, and none after the last', async () => {
    const { flags, connections } = await NatsServer.monitored();
    server = await NatsServer.start({ jetstream: false, flags });
    const transport = natsTransport({ servers: server.url });
    const pairs = [];
    for (let n = 0; n < 3; n += 1) pairs.push(await pair(transport));
    expect(await connections()).toBe(1);
    for (const { dialled, accepted, listener } of pairs) {
      const both = Promise.all([ended(dialled), ended(accepted)]);
      dialled.close();
      await both;
      await listener.close();
    }
    while ((await connections()) > 0) await new Promise((turn) => setImmediate(turn));
  });

  it('refuses a password, says so at once', async () => {
    server = await NatsServer.start({ jetstream: false, flags: ['--user', 'ada', '--pass', 'right'] });
    const { listen, connect: dial } = natsTransport({ servers: server.url, user: 'ada', pass: 'wrong' });
    const message = expect.stringContaining(`${server.url} refuses`);
    await expect(listen(address(), () => {})).rejects.toMatchObject({ code: 'INVALID_OPTION', message });
    await expect(dial(address())).rejects.toMatchObject({ name: 'ConnectError', dead: false, message });
  });

  it('lets this user do no more than is needed, works all the same', async () => {
    const allowed = 'publish: ["cachex.link.>", "_INBOX.>"], subscribe: ["cachex.link.>", "_INBOX.>"]';
    server = await NatsServer.start({
      jetstream: false,
      config: `authorization { users = [{ user: ada, password: x, permissions: { ${allowed} } }] }`,
    });
    const transport = natsTransport({ servers: server.url, user: 'ada', pass: 'x' });
    const listener = await transport.listen(transport.address!('shop', 'n1'), () => {});
    (await transport.connect(listener.address)).close();
    await listener.close();
    await expect(transport.listen('nats:elsewhere', () => {})).rejects.toThrow('Permissions Violation');
    await expect(transport.connect('nats:elsewhere')).rejects.toThrow('Permissions Violation');
  });
});
