import type { Authenticator, ConnectionOptions, TlsOptions } from '@nats-io/transport-node';
import { RouterError } from '../errors.ts';

/** How NATS is reached. What is not described here is handed to its client as it is. */
export interface NatsOptions {
  /**
   * Where servers of one NATS cluster listen, such as `'nats://10.0.0.1:4222'`. Those that they know of are used as well. A user
   * and a password, or a token, may be a part of it, as in `'nats://shop:secret@10.0.0.1'`; special characters escaped (`%40`).
   */
  readonly servers: string | readonly string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Such as `credsAuthenticator` or `nkeyAuthenticator` of `@nats-io/transport-node` make one. */
  readonly authenticator?: Authenticator | Authenticator[];
  readonly tls?: TlsOptions;
  /** What the subjects begin with at which this process is answered, if its user may not subscribe to `_INBOX.>`. */
  readonly inboxPrefix?: string;
  /** How this process is called in the lists of the servers. Default: `'cachex'`. */
  readonly name?: string;
  /** How long a server may take to answer, in ms. Default: 5000. */
  readonly timeout?: number;
}

/** The same, checked. */
export interface NatsSettings {
  readonly servers: readonly string[];
  readonly timeout: number;
  /** What the client takes beside. */
  readonly client: ConnectionOptions;
}

const known: readonly string[] = [
  'servers',
  'user',
  'pass',
  'token',
  'authenticator',
  'tls',
  'inboxPrefix',
  'name',
  'timeout',
] satisfies (keyof NatsOptions)[];

/** Checks what `options` says about the connection; anything bad, and what is neither known nor `own`, is `INVALID_OPTION`. */
export function settleNats(options: NatsOptions, own: readonly string[]): NatsSettings {
  const names = [...known, ...own];
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(unknown, `is unknown; there are ${names.join(', ')}`);
  const { servers, timeout, name = 'cachex', ...rest } = options;
  const list = typeof servers === 'string' ? [servers] : servers;
  const named = (server: unknown): boolean => typeof server === 'string' && server !== '';
  if (!Array.isArray(list) || list.length === 0 || !list.every(named))
    throw invalid('servers', `${String(servers)} is no address, and no list of any`);
  const texts = { name, user: rest.user, pass: rest.pass, token: rest.token, inboxPrefix: rest.inboxPrefix };
  for (const [option, text] of Object.entries(texts))
    if (text !== undefined && typeof text !== 'string') throw invalid(option, 'is not a string');
  const given = Object.entries(rest).filter(([option]) => !own.includes(option));
  const addresses = list.map(addressOf);
  return {
    servers: addresses.map(({ server }) => server),
    timeout: positive('timeout', timeout, 5_000),
    client: { name, ...credentialsOf(addresses, rest), ...Object.fromEntries(given) },
  };
}

type Credentials = Pick<NatsOptions, 'user' | 'pass' | 'token'>;

interface Address {
  readonly server: string;
  readonly credentials: Credentials | undefined;
}

/** The client takes an address alone. */
function addressOf(text: string): Address {
  const [, scheme = '', said, rest] = /^(\w+:\/\/)?(.+)@([^@]+)$/.exec(text) ?? [];
  if (said === undefined) return { server: text, credentials: undefined };
  const [user, pass] = said.split(/:(.*)/s).map(unescaped);
  return {
    server: scheme + rest,
    credentials: pass === undefined ? { token: user! } : { user: user!, pass },
  };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('servers', 'what is before the @ has a % that escapes nothing; write %25 for it');
  }
}

/** The same at all servers: it is not known at which of them the client is. */
function credentialsOf(addresses: readonly Address[], options: Partial<NatsOptions>): Credentials {
  const [first, ...others] = addresses.flatMap(({ credentials }) => credentials ?? []);
  if (first === undefined) return {};
  const same = (each: Credentials): boolean =>
    each.user === first.user && each.pass === first.pass && each.token === first.token;
  if (!others.every(same)) throw invalid('servers', 'their addresses have different credentials');
  for (const option of ['user', 'pass', 'token', 'authenticator'] as const)
    if (options[option] !== undefined)
      throw invalid(option, 'the addresses of servers have credentials already');
  return first;
}

/** A number above zero, or what stands for it if it was left out. */
export function positive(option: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && value > 0) return value;
  throw invalid(option, `${String(value)} is not a number above zero`);
}

export function invalid(option: string, problem: string): RouterError {
  return new RouterError('INVALID_OPTION', `${option}: ${problem}`);
}
