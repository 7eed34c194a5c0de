import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock, transportSuite } from '../../src/testing/index.ts';
import { ConnectError, type Connection, type Listener } from '../../src/transport.ts';
import { socketTransport } from '../../src/transports/socket.ts';

for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
  transportSuite({ describe, it }, `tcp at ${host}`, async () => ({
    transport: socketTransport(),
    address: () => `tcp://${host}:0`,
    close: async () => {},
  }));
}

const open: (Listener | Server | Socket | Connection)[] = [];
afterEach(() => {
  for (const each of open.splice(0)) {
    if ('destroy' in each) each.destroy();
    else void each.close();
  }
});

describe('a TCP port', () => {
  it('is told, where any was asked for', async () => {
    const listener = await socketTransport().listen('tcp://127.0.0.1:0', () => {});
    open.push(listener);
    expect(listener.address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
  });

  it('is listened at everywhere, and advertised at one address', async () => {
    const interfaces = () => ({ eth0: [{ address: '127.0.0.9', internal: false } as never] });
    const { listen, connect: dial } = socketTransport({ interfaces });
    const listener = await listen('tcp://0.0.0.0:0', () => {}, { guarded: true });
    open.push(listener);
    expect(listener.address).toMatch(/^tcp:\/\/127\.0\.0\.9:[1-9]\d*$/);
    if (process.platform === 'linux') open.push(await dial(listener.address));
  });

  it('is refused to a node that anybody could come to, before anything is listened at', async () => {
    const listening = socketTransport().listen('tcp://0.0.0.0:1', () => {});
    await expect(listening).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining("pass a 'secret'"),
    });
  });

  it('that is taken is refused with its name', async () => {
    const { listen } = socketTransport();
    const listener = await listen('tcp://127.0.0.1:0', () => {});
    open.push(listener);
    await expect(listen(listener.address, () => {})).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(listener.address),
    });
  });

  it('proves nothing when it refuses, even where somebody has listened', async () => {
    const { listen, connect: dial } = socketTransport();
    const listener = await listen('tcp://127.0.0.1:0', () => {});
    await listener.abandon();
    await expect(dial(listener.address)).rejects.toMatchObject({ dead: false, untrusted: false });
  });
});

describe('dialling a TCP port', () => {
  /** A port at which connections are never answered: the backlog of a server that does not accept is full. */
  it('is given up when nobody answers in time', async () => {
    const clock = new ManualClock();
    const { connect: dial } = socketTransport({ clock });
    // Documentation addresses of RFC 5737 lead nowhere; where there is no network at all they are refused at once.
    const dialling = dial('tcp://192.0.2.1:7700').catch((error: ConnectError) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    expect(await dialling).toBeInstanceOf(ConnectError);
  });

  it('is given up when nobody wants it any more', async () => {
    const { connect: dial } = socketTransport();
    const controller = new AbortController();
    const dialling = dial('tcp://192.0.2.1:7700', { signal: controller.signal });
    controller.abort();
    await expect(dialling).rejects.toMatchObject({ name: 'ConnectError', dead: false });
    const aborted = dial('tcp://192.0.2.1:7700', { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ name: 'ConnectError', dead: false });
  });
});

describe('closing a TCP connection', () => {
  it('breaks it when the other end does not read what was sent in time', async () => {
    const clock = new ManualClock();
    const accepted = new Promise<Connection>((resolve) => {
      void socketTransport({ clock })
        .listen('tcp://127.0.0.1:0', resolve)
        .then((listener) => {
          open.push(listener);
          const port = Number(listener.address.split(':').at(-1));
          open.push(connect(port, '127.0.0.1').pause());
        });
    });
    const connection = await accepted;
    let closes = 0;
    const closed = new Promise<void>((resolve) => {
      connection.handle({
        data: () => {},
        close: () => {
          closes += 1;
          resolve();
        },
      });
    });
    connection.send(Buffer.alloc(64 * 1024 * 1024));
    connection.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(closes).toBe(0);
    await clock.advance(10_000);
    await closed;
    expect(closes).toBe(1);
  });

  it('tells a handler that comes after the end', async () => {
    const server = createServer((socket) => socket.destroy());
    open.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const connection = await socketTransport().connect(`tcp://127.0.0.1:${port}`);
    connection.close();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => {
      connection.handle({ data: () => {}, close: resolve });
    });
  });
});
