import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { RouterError } from '../errors.ts';

/** Where a socket is: a file, or a port of a host. */
export type SocketAddress = UnixAddress | HostAddress;

export interface UnixAddress {
  readonly scheme: 'unix';
  readonly path: string;
}

export interface HostAddress {
  readonly scheme: 'tcp' | 'tls';
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Longer paths do not fit the address of a Unix socket on every system. */
const longestPath = 99;

const hostAddress = /^(tcp|tls):\/\/(?:\[([^\]]*)\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/;

/** Reads `unix:/path`, `tcp://host:port` or `tls://host:port`; anything else is `INVALID_OPTION`, naming `option`. */
export function parseAddress(address: string, option = 'address'): SocketAddress {
  if (address.startsWith('unix:')) return { scheme: 'unix', path: checkPath(address.slice(5), option) };
  const [, scheme, bracketed, name, digits] = hostAddress.exec(address) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  const sound = bracketed === undefined ? isName(name) : isIPv6(bracketed);
  if (host === undefined || !sound || port > 65_535)
    throw invalid(
      option,
      `'${address}' is none of unix:/a/path, tcp://host:port and tls://host:port; an IPv6 address is put in brackets`,
    );
  return { scheme: scheme as 'tcp' | 'tls', host, port };
}

function checkPath(path: string, option: string): string {
  if (path === '') throw invalid(option, `'unix:' has no path: use unix:/a/path`);
  if (Buffer.byteLength(path) > longestPath) {
    throw invalid(
      option,
      `the socket path ${path} is longer than ${longestPath} bytes: choose a shorter directory`,
    );
  }
  return path;
}

/** A host that ends in a number is an IPv4 address or nothing. */
function isName(name: string | undefined): boolean {
  return name !== undefined && (isIPv4(name) || !/(^|\.)\d+$/.test(name));
}

/** The text that {@link parseAddress} reads. */
export function formatAddress(address: SocketAddress): string {
  if (address.scheme === 'unix') return `unix:${address.path}`;
  const { scheme, host, port } = address;
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Whether only this machine can reach that host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Whether that host stands for every address of the machine, so that nobody else can dial it. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || (isIPv6(host) && /^[0:]+$/.test(host));
}

/** The addresses of this machine by interface, as `os.networkInterfaces` tells them. */
export type Interfaces = () => Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** How a listener is protected, and where others find it. */
export interface Exposure {
  /** Whoever connects has to prove to the node that it may. */
  readonly guarded: boolean;
  /** There are certificates or a key, with which both ends of `tls://` know each other. */
  readonly mutual: boolean;
  readonly advertise: string | undefined;
  readonly interfaces: Interfaces;
}

/**
 * Checks where a node wants to listen, and says at which host others find it: where it listens, unless `advertise` says
 * otherwise. A listener that other machines can reach must know who may come in. Anything bad is `INVALID_OPTION`.
 */
export function advertised(listen: SocketAddress, exposure: Exposure): SocketAddress {
  const { guarded, mutual, advertise, interfaces } = exposure;
  if (listen.scheme === 'unix') {
    if (advertise === undefined) return listen;
    throw invalid('advertise', `a Unix socket is found at its path; '${advertise}' is another address`);
  }
  const given = advertise === undefined ? undefined : checkAdvertised(advertise, listen.scheme);
  const local = isLoopback(listen.host) && (given === undefined || isLoopback(given.host));
  if (listen.scheme === 'tls' && !mutual)
    throw invalid(
      'listen',
      `${formatAddress(listen)} needs to know who may come in: pass 'tls' with certificates, or a 'secret'`,
    );
  if (listen.scheme === 'tcp' && !guarded && !local)
    throw invalid(
      'listen',
      `anybody who reaches ${formatAddress(listen)} could come in: pass a 'secret', use tls:// with certificates, or listen at 127.0.0.1`,
    );
  if (given !== undefined) return given;
  return isWildcard(listen.host) ? { ...listen, host: onlyHost(listen, interfaces) } : listen;
}

function checkAdvertised(advertise: string, scheme: 'tcp' | 'tls'): HostAddress {
  const given = parseAddress(advertise, 'advertise');
  if (given.scheme !== scheme)
    throw invalid('advertise', `'${advertise}' is not dialled as 'listen' is listened at: use ${scheme}://`);
  if (isWildcard(given.host) || given.port === 0)
    throw invalid('advertise', `nobody can dial '${advertise}': give a host and a port that others reach`);
  return given;
}

/** The one address of this machine that others can reach, if there is exactly one. */
function onlyHost(listen: HostAddress, interfaces: Interfaces): string {
  const found = Object.values(interfaces())
    .flatMap((infos) => infos ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address))
    .map(({ address }) => address);
  const version4 = found.filter((address) => isIP(address) === 4);
  const hosts = listen.host === '0.0.0.0' || version4.length > 0 ? version4 : found;
  const [host] = hosts;
  if (host !== undefined && hosts.length === 1) return host;
  throw invalid(
    'advertise',
    `${formatAddress(listen)} is every address of this machine, of which others reach ${hosts.join(', ') || 'none'}: say which one to dial, as ${listen.scheme}://host:port`,
  );
}

function invalid(option: string, message: string): RouterError {
  return new RouterError('INVALID_OPTION', `${option}: ${message}`);
}
