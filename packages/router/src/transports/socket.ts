import { networkInterfaces } from 'node:os';
import { type Clock, systemClock } from '../clock.ts';
import { Secret } from '../secret.ts';
import {
  ConnectError,
  type Connection,
  type Listener,
  type ListenOptions,
  type Transport,
} from '../transport.ts';
import { advertised, formatAddress, type Interfaces, parseAddress, type SocketAddress } from './address.ts';
import { Certificates, type TlsSource } from './certificates.ts';
import { dialTcp, listenTcp } from './tcp.ts';
import { dialTls, listenTls, type Trust } from './tls.ts';
import { dialUnix, listenUnix } from './unix.ts';

export interface SocketTransportOptions {
  /** Certificates for `tls://`; see {@link TlsSource}. */
  readonly tls?: TlsSource | undefined;
  /** The secret of the cluster: without certificates, `tls://` makes its keys of it. */
  readonly secret?: string | Uint8Array | undefined;
  /** Who is told of what concerns nobody else: connections that were refused, certificates that cannot be renewed. */
  readonly log?: ((message: string) => void) | undefined;
  /** Time, for tests. */
  readonly clock?: Clock | undefined;
  /** The addresses of this machine, for tests. */
  readonly interfaces?: Interfaces | undefined;
}

/**
 * Sockets, of this machine and on the network. An address is `unix:/path`, `tcp://host:port` or `tls://host:port`, with
 * IPv6 addresses in brackets; a node dials any of them, whatever it listens at itself. Port 0 is any that is free: the
 * listener's address says which.
 *
 * - A Unix socket can be connected to by this user alone, and proves the death of its process.
 * - TCP carries everything as it is. For a node that asks for no secret, it listens at a loopback address only.
 * - TLS 1.3 encrypts. With certificates, both ends verify the other's against `ca`; without, they use keys made of `secret`.
 *
 * Who listens at all addresses of the machine (`0.0.0.0`, `[::]`) is advertised at the one that others can reach; if there
 * is not exactly one, it must be given.
 */
export function socketTransport(options: SocketTransportOptions = {}): Transport {
  const { clock = systemClock, log = () => {} } = options;
  const trust = trustOf(options, clock, log);
  return {
    name: 'socket',
    async listen(address, accept, wanted): Promise<Listener> {
      const at = parseAddress(address, 'listen');
      const shown = placeOf(address, options, wanted);
      // A node that listens elsewhere dials with them.
      if (trust?.kind === 'certificates') await trust.certificates.current();
      if (at.scheme === 'unix') return listenUnix(at.path, clock, accept);
      const listener =
        at.scheme === 'tcp'
          ? await listenTcp(at, clock, accept)
          : await listenTls(at, { trust: trust!, clock, log }, wanted?.guarded === true, accept);
      return { ...listener, address: formatAddress(named(shown, listener.address)) };
    },
    async connect(address, { signal } = {}): Promise<Connection> {
      const at = parseAddress(address);
      if (at.scheme === 'unix') return dialUnix(at.path, clock, signal);
      if (at.scheme === 'tcp') return dialTcp(at, clock, signal);
      if (trust !== undefined) return dialTls(at, { trust, clock, log }, signal);
      const hint = "this node has no certificates and no secret: pass 'tls' or 'secret' as the others do";
      throw new ConnectError(`cannot connect to ${address}: ${hint}`, { dead: false, untrusted: true });
    },
  };
}

function trustOf(
  { tls, secret }: SocketTransportOptions,
  clock: Clock,
  log: (message: string) => void,
): Trust | undefined {
  if (tls !== undefined) return { kind: 'certificates', certificates: new Certificates(tls, clock, log) };
  return secret === undefined ? undefined : { kind: 'secret', secret: new Secret(secret) };
}

/**
 * Where a listener at `listen` would be found by others; refuses with `INVALID_OPTION` what {@link socketTransport} would
 * not listen at. A port of 0 is not known yet.
 */
export function placeOf(
  listen: string,
  { tls, secret, interfaces = networkInterfaces }: SocketTransportOptions,
  { guarded = false, advertise }: ListenOptions = {},
): SocketAddress {
  const mutual = tls !== undefined || secret !== undefined;
  return advertised(parseAddress(listen, 'listen'), { guarded, mutual, advertise, interfaces });
}

/** With the port that the listener has got. */
function named(shown: SocketAddress, bound: string): SocketAddress {
  const at = parseAddress(bound);
  return shown.scheme === 'unix' || at.scheme === 'unix' || shown.port !== 0
    ? shown
    : { ...shown, port: at.port };
}
