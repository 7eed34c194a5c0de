import { constants } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { Secret } from '../secret.ts';
import type { Connection, Listener } from '../transport.ts';
import { formatAddress, type HostAddress } from './address.ts';
import type { Certificates, Checked } from './certificates.ts';
import { Lobby } from './lobby.ts';
import { type Attempt, networkOptions, opened, SocketConnection } from './socket-connection.ts';
import { bind } from './tcp.ts';

/** By what the two ends of a connection know each other: certificates, or else a secret that both have. */
export type Trust =
  | { readonly kind: 'certificates'; readonly certificates: Certificates }
  | { readonly kind: 'secret'; readonly secret: Secret };

export interface TlsContext {
  readonly trust: Trust;
  readonly clock: Clock;
  log(message: string): void;
}

/**
 * The acceptor says first whether it trusts the dialler: the length of its reason not to, in one byte, and the reason. TLS
 * alone would only break the connection, at a time when the dialler believes that it stands.
 */
function verdictOf(reason: string | undefined): Buffer {
  const text = Buffer.from(reason ?? '').subarray(0, 255);
  return Buffer.concat([Buffer.of(text.length), text]);
}

/** RFC 9266: what TLS 1.3 derives from a connection for those at both its ends. */
const bindingLabel = 'EXPORTER-Channel-Binding';
const bindingLength = 32;

const keyIdentity = 'cachex';

/** TLS 1.3 with a key that both have; the key exchange is as fresh as ever, so that earlier traffic stays secret. */
const keyOptions: TlsOptions & ConnectionOptions = {
  minVersion: 'TLSv1.3',
  // A key of this kind belongs to a hash, which must be SHA-256.
  ciphers: 'TLS_AES_128_GCM_SHA256',
};

/** Listens at a port. `guarded`: who comes in is checked later, so that a certificate of the dialler is not needed. */
export async function listenTls(
  at: HostAddress,
  { trust, clock, log }: TlsContext,
  guarded: boolean,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  const lobby = new Lobby(clock);
  const shown = trust.kind === 'certificates' ? await trust.certificates.current() : undefined;
  const server = createServer({ ...networkOptions, ...serverOptions(trust, shown) });
  server.on('connection', (socket: Socket) => lobby.enter(socket));
  server.on('tlsClientError', (error: TlsError, socket: TLSSocket) => {
    // Health checks and scanners connect and say nothing.
    if (error.code !== 'ECONNRESET')
      log(`${whoIs(socket)} speaks no TLS that this node takes: ${wordsOf(error)}`);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    lobby.leave(socket);
    if (socket.destroyed) return;
    const connection = new SocketConnection(socket, clock, bindingOf(socket));
    const reason = guarded ? undefined : objection(trust, socket);
    connection.send(verdictOf(reason));
    if (reason === undefined) {
      accept(connection);
    } else {
      log(`${whoIs(socket)} is not trusted: ${reason}`);
      connection.close();
    }
  });
  const listener = await bind(server, at);
  const renew = (newest: Checked): void => {
    server.setSecureContext(serverOptions(trust, newest));
    log('new connections are shown new certificates');
  };
  const renewals = trust.kind === 'certificates' ? trust.certificates.watch(shown!, renew) : undefined;
  const close = (): Promise<void> => {
    renewals?.cancel();
    lobby.close();
    return listener.close();
  };
  return { ...listener, close, abandon: close };
}

function serverOptions(trust: Trust, shown: Checked | undefined): TlsOptions {
  if (trust.kind === 'secret') {
    const { tlsKey } = trust.secret;
    return { ...keyOptions, pskCallback: (_socket, identity) => (identity === keyIdentity ? tlsKey : null) };
  }
  return {
    ...shown?.options,
    // What is wrong with a certificate is for `objection` to say: by itself, TLS would not tell the dialler.
    requestCert: true,
    rejectUnauthorized: false,
    // A session that is resumed would not show its certificate again.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Why the dialler may not come in. */
function objection(trust: Trust, socket: TLSSocket): string | undefined {
  if (trust.kind === 'secret') return undefined;
  if (socket.isSessionReused()) return 'its session is an earlier one';
  if (Object.keys(socket.getPeerCertificate()).length === 0) return 'it has no certificate';
  if (!socket.authorized) return `its certificate is refused: ${String(socket.authorizationError)}`;
  return undefined;
}

function bindingOf(socket: TLSSocket): Uint8Array {
  return socket.exportKeyingMaterial(bindingLength, bindingLabel, Buffer.alloc(0));
}

/** Opens a connection to a node that knows this one, and that this one knows. */
export async function dialTls(
  at: HostAddress,
  { trust, clock }: TlsContext,
  signal?: AbortSignal,
): Promise<Connection> {
  const { host, port } = at;
  const socket = connect({ ...networkOptions, ...(await clientOptions(trust, host)), host, port });
  const attempt: Attempt = {
    address: formatAddress(at),
    clock,
    signal,
    explain: (error: TlsError) => {
      const alien = isSsl(error.code);
      const untrusted = alien || error instanceof Distrust || socket.authorizationError != null;
      const hint = alien ? '; do both nodes have certificates, or both the same secret?' : '';
      return { untrusted, words: wordsOf(error) + hint };
    },
  };
  let binding: Uint8Array | undefined;
  await opened(socket, attempt, (done, fail) => {
    socket.once('secureConnect', () => {
      binding = bindingOf(socket);
      hearVerdict(socket, done, fail);
    });
  });
  return new SocketConnection(socket, clock, binding);
}

interface TlsError extends NodeJS.ErrnoException {
  /** What OpenSSL calls it. */
  readonly reason?: string;
}

function wordsOf({ code, reason, message }: TlsError): string {
  return isSsl(code) ? (reason ?? message) : message;
}

function isSsl(code: string | undefined): boolean {
  return code?.startsWith('ERR_SSL_') === true;
}

function whoIs({ remoteAddress = 'somebody' }: TLSSocket): string {
  return `a connection from ${remoteAddress}`;
}

/** The acceptor has said why it does not trust this node. */
class Distrust extends Error {}

function hearVerdict(socket: TLSSocket, done: () => void, fail: (error: Error) => void): void {
  let length: number | undefined;
  const read = (): void => {
    length ??= (socket.read(1) as Buffer | null)?.[0];
    if (length === 0) {
      socket.off('readable', read);
      done();
    } else if (length !== undefined) {
      const reason = socket.read(length) as Buffer | null;
      if (reason !== null) fail(new Distrust(`this node is not trusted there: ${reason.toString()}`));
    }
  };
  socket.on('readable', read);
}

async function clientOptions(trust: Trust, host: string): Promise<ConnectionOptions> {
  if (trust.kind === 'certificates') {
    const { context, material } = await trust.certificates.current();
    const servername = material.servername ?? (isIP(host) === 0 ? host : undefined);
    return { secureContext: context, ...(servername === undefined ? {} : { servername }) };
  }
  const { tlsKey } = trust.secret;
  return {
    ...keyOptions,
    pskCallback: () => ({ psk: tlsKey, identity: keyIdentity }),
    // There are no certificates to check: none is taken from who does not have the key.
    ca: [],
    checkServerIdentity: () => undefined,
  };
}
