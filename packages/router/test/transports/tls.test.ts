import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, transportSuite } from '../../src/testing/index.ts';
import type { Connection, Listener } from '../../src/transport.ts';
import type { TlsMaterial } from '../../src/transports/certificates.ts';
import { type SocketTransportOptions, socketTransport } from '../../src/transports/socket.ts';
import { material } from './certificates.ts';

const secret = 'correct horse battery staple';

const ways: Record<string, SocketTransportOptions> = {
  certificates: { tls: material('node') },
  'a secret': { secret },
};
for (const [way, options] of Object.entries(ways)) {
  transportSuite({ describe, it }, `tls with ${way}`, async () => ({
    transport: socketTransport(options),
    address: () => 'tls://127.0.0.1:0',
    close: async () => {},
  }));
}

let listeners: Listener[];
let accepted: Connection[];
let logged: string[];
beforeEach(() => {
  listeners = [];
  accepted = [];
  logged = [];
});
afterEach(async () => {
  for (const connection of accepted) connection.close();
  for (const listener of listeners) await listener.close();
});

async function listening(
  options: SocketTransportOptions,
  { guarded = false, host = '127.0.0.1' } = {},
): Promise<string> {
  const transport = socketTransport({ log: (message) => logged.push(message), ...options });
  const accept = (connection: Connection): void => {
    connection.handle({ data: () => {}, close: () => {} });
    accepted.push(connection);
  };
  const listener = await transport.listen(`tls://${host}:0`, accept, { guarded });
  listeners.push(listener);
  return listener.address;
}

async function dialled(address: string, options: SocketTransportOptions): Promise<Connection> {
  const connection = await socketTransport(options).connect(address);
  while (accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
  accepted.push(connection);
  return connection;
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

/** Why a connection is not made, of those who are there and do not trust each other. */
async function distrust(address: string, options: SocketTransportOptions): Promise<string> {
  const error = await socketTransport(options)
    .connect(address)
    .then(
      () => undefined,
      (reason: Error) => reason,
    );
  expect(error).toMatchObject({ name: 'ConnectError', dead: false, untrusted: true });
  expect(accepted).toEqual([]);
  return error!.message;
}

describe('TLS with certificates', () => {
  const node = { tls: material('node') };

  it('connects nodes whose certificates are signed by the same CA', async () => {
    await dialled(await listening(node), { tls: material('renewed') });
  });

  it('accepts no certificate of another CA, and says so', async () => {
    const address = await listening(node);
    // It would take the acceptor's certificate: what it shows is of another CA.
    expect(await distrust(address, { tls: { ...material('foreign'), ca: material('node').ca } })).toMatch(
      /this node is not trusted there: its certificate is refused: UNABLE_TO_(VERIFY|GET)/,
    );
    expect(logged).toEqual([expect.stringMatching(/^a connection from 127\.0\.0\.1 is not trusted: /)]);
  });

  it('dials nobody with a certificate of another CA', async () => {
    const address = await listening({ tls: material('foreign', 'foreign-ca') });
    expect(await distrust(address, node)).toMatch(/self-signed certificate/);
  });

  it('takes no expired certificate on either side', async () => {
    expect(await distrust(await listening(node), { tls: material('expired') })).toMatch(/CERT_HAS_EXPIRED/);
    expect(await distrust(await listening({ tls: material('expired') }), node)).toMatch(/has expired/);
  });

  it('takes no certificate that is not meant for those who dial', async () => {
    expect(await distrust(await listening(node), { tls: material('server-only') })).toMatch(
      /INVALID_PURPOSE/,
    );
  });

  it('expects the host that it dials in the certificate, or the name it was told', async () => {
    const address = await listening({ tls: material('elsewhere') });
    expect(await distrust(address, node)).toMatch(/127\.0\.0\.1/);
    await dialled(address, { tls: { ...material('node'), servername: 'elsewhere.test' } });
  });

  it('dials names as well', async () => {
    await dialled(await listening(node, { host: 'localhost' }), node);
  });

  it('accepts nobody without a certificate, and resumes no session', async () => {
    const address = await listening(node);
    const { ca } = material('node');
    const attempt = (session?: Buffer): Promise<{ said: string; session: Buffer | undefined }> =>
      new Promise((resolve) => {
        const said: Buffer[] = [];
        let next: Buffer | undefined;
        const socket = connectTls({
          port: portOf(address),
          host: '127.0.0.1',
          ca: ca as string,
          ...(session && { session }),
        });
        socket.on('session', (ticket: Buffer) => {
          next = ticket;
        });
        socket.on('data', (chunk: Buffer) => said.push(chunk));
        socket.on('error', () => {});
        socket.on('close', () => resolve({ said: Buffer.concat(said).toString(), session: next }));
      });
    const first = await attempt();
    expect(first.said).toContain('it has no certificate');
    expect((await attempt(first.session)).said).toContain('it has no certificate');
    expect(accepted).toEqual([]);
  });

  it('needs none of those who dial a node that asks for a secret', async () => {
    const address = await listening(node, { guarded: true });
    await dialled(address, { tls: material('server-only') });
  });

  it('binds each connection to what both ends know of it alone', async () => {
    const address = await listening(node);
    const one = await dialled(address, node);
    const [other] = accepted;
    expect(one.binding).toHaveLength(32);
    expect(other!.binding).toEqual(one.binding);
    const next = await socketTransport(node).connect(address);
    expect(next.binding).not.toEqual(one.binding);
    next.close();
  });

  it.each([
    ['no certificate', { cert: 'none', key: 'none', ca: 'none' }],
    ['the key of another', { ...material('node'), key: material('renewed').key }],
    ['a part missing', { cert: material('node').cert, key: material('node').key } as TlsMaterial],
    ['a part that nobody knows', { ...material('node'), certificate: 'x' } as TlsMaterial],
    ['a name that is none', { ...material('node'), servername: '' }],
  ])('is not listened with, given %s', async (_what, tls) => {
    const error = { code: 'INVALID_OPTION', message: expect.stringMatching(/^tls: /) };
    await expect(listening({ tls })).rejects.toMatchObject(error);
  });
});

describe('TLS with a secret', () => {
  it('connects those who know it, and binds the connection', async () => {
    const one = await dialled(await listening({ secret }), { secret: Buffer.from(secret) });
    expect(one.binding).toHaveLength(32);
    expect(accepted[0]!.binding).toEqual(one.binding);
  });

  it('connects nobody with another secret, with certificates, or with nothing', async () => {
    const address = await listening({ secret });
    expect(await distrust(address, { secret: `${secret}!` })).toMatch(/or both the same secret\?$/);
    await distrust(address, { tls: material('node') });
    expect(await distrust(address, {})).toMatch(/pass 'tls' or 'secret'/);
    expect(logged).toHaveLength(2);
  });

  it('does not dial those with certificates', async () => {
    await distrust(await listening({ tls: material('node'), secret }), { secret });
  });
});

describe('a TLS listener and strangers', () => {
  it('refuses those who speak something else', async () => {
    const address = await listening({ secret });
    const socket = connectPlain(portOf(address), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    expect(logged).toEqual([expect.stringMatching(/speaks no TLS that this node takes: http request$/)]);
    await dialled(address, { secret });
  });

  it('lets nobody take longer than 2 seconds', async () => {
    const clock = new ManualClock();
    const address = await listening({ secret, clock });
    const socket = connectPlain(portOf(address), '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    // The beginning of a handshake, and then nothing more.
    socket.write(Buffer.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
    while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_999);
    expect(socket.closed).toBe(false);
    await clock.advance(1);
    await closed;
  });

  it('lets 512 of them wait at a time, and then no longer who has waited longest', async () => {
    const clock = new ManualClock();
    const address = await listening({ secret, clock });
    const stranger = async () => {
      const waiting = clock.waiting;
      const socket = connectPlain(portOf(address), '127.0.0.1');
      socket.on('error', () => {});
      while (clock.waiting === waiting) await new Promise((resolve) => setImmediate(resolve));
      return socket;
    };
    const first = await stranger();
    const all = [first];
    while (all.length < 512) all.push(await stranger());
    expect(all.filter(({ closed }) => closed)).toEqual([]);
    const closed = new Promise((resolve) => first.on('close', resolve));
    const socket = connectPlain(portOf(address), '127.0.0.1');
    socket.on('error', () => {});
    await closed;
    expect(all.filter((each) => each.closed)).toEqual([first]);
    await dialled(address, { secret });
    for (const each of [...all, socket]) each.destroy();
  });
});

describe('certificates that are renewed', () => {
  it('are shown to new connections, and those that stand go on', async () => {
    const clock = new ManualClock();
    let shown = material('elsewhere');
    const address = await listening({ tls: () => shown, clock });
    const patient: SocketTransportOptions = { tls: { ...material('node'), servername: 'elsewhere.test' } };
    const standing = await dialled(address, patient);
    let ended = false;
    standing.handle({
      data: () => {},
      close: () => {
        ended = true;
      },
    });
    shown = material('node');
    await clock.advance(60_000);
    while (!logged.includes('new connections are shown new certificates')) await turn();
    const renewed = await socketTransport({ tls: material('node') }).connect(address);
    renewed.close();
    await expect(socketTransport(patient).connect(address)).rejects.toMatchObject({ untrusted: true });
    expect(ended).toBe(false);
    const heard = new Promise((resolve) => {
      accepted[0]!.handle({ data: (bytes) => resolve(Buffer.from(bytes).toString()), close: () => {} });
    });
    standing.send(Buffer.from('still there'));
    expect(await heard).toBe('still there');
  });

  it('are shown by those who dial, too, and are asked for once a minute', async () => {
    const clock = new ManualClock();
    const address = await listening({ tls: material('node') });
    let asked = 0;
    let shown = material('expired');
    const transport = socketTransport({
      clock,
      tls: async () => {
        asked += 1;
        return shown;
      },
    });
    await expect(transport.connect(address)).rejects.toMatchObject({ untrusted: true });
    shown = material('renewed');
    await expect(transport.connect(address)).rejects.toMatchObject({ untrusted: true });
    await clock.advance(60_000);
    const connections = await Promise.all([transport.connect(address), transport.connect(address)]);
    for (const connection of connections) connection.close();
    expect(asked).toBe(2);
  });

  it('are kept while there are none that can be used, and that is said', async () => {
    const clock = new ManualClock();
    let answer: () => TlsMaterial | Promise<TlsMaterial> = () => material('node');
    const address = await listening({ tls: () => answer(), clock });
    const failures: [answer: typeof answer, said: RegExp][] = [
      [() => ({ ...material('node'), key: material('renewed').key }), /key values mismatch.*are kept/],
      [() => Promise.reject(new Error('no such file')), /no such file; the earlier ones are kept/],
      [() => new Promise(() => {}), /none came within 5000 ms; the earlier ones are kept/],
    ];
    for (const [failure, said] of failures) {
      answer = failure;
      logged = [];
      await clock.advance(60_000);
      await turn();
      await clock.advance(5_000);
      while (logged.length === 0) await turn();
      expect(logged).toEqual([expect.stringMatching(said)]);
    }
    await dialled(address, { tls: material('node') });
    answer = () => material('elsewhere');
    await clock.advance(60_000);
    while (!logged.includes('new connections are shown new certificates')) await turn();
  });

  it('are asked for no more when the listener is closed', async () => {
    const clock = new ManualClock();
    let asked = 0;
    await listening({
      clock,
      tls: () => {
        asked += 1;
        return material('node');
      },
    });
    await listeners[0]!.close();
    await clock.advance(600_000);
    expect([asked, clock.waiting]).toEqual([1, 0]);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
