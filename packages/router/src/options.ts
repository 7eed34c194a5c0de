import { join } from 'node:path';
import { type Build, isBuild, longestBuild } from './build.ts';
import { type Clock, systemClock } from './clock.ts';
import { RouterError } from './errors.ts';
import { defaultLimits, type LinkLimits } from './limits.ts';
import { type Random, randomName, systemRandom } from './random.ts';
import type { Router } from './router.ts';
import { balanced } from './routers/balanced.ts';
import { allSafeguards, type Safeguards } from './safeguards.ts';
import { Secret } from './secret.ts';
import type { Transport } from './transport.ts';
import type { TlsSource } from './transports/certificates.ts';
import { placeOf, socketTransport } from './transports/socket.ts';
import { defaultPartitions } from './view.ts';
import { isPowerOfTwo, isRedundancy, largestPartitions, largestRedundancy } from './view-json.ts';
import type { ViewStore, ViewStorePlace } from './view-store.ts';
import { bounded } from './view-stores/bounded.ts';
import { defaultDirectory, directoryStore } from './view-stores/directory.ts';
import { StaticNodes } from './view-stores/static-nodes.ts';

/** Whom the library tells what it does; shaped like a pino logger. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** How fast partitions may move. */
export interface MoveLimits {
  /** How many groups of partitions are under way at a time, from one node. Default: 2. */
  concurrency?: number;
  /** How many bytes of copies, to be moved or kept as backups, a node sends in a second. Default: no limit. */
  bytesPerSecond?: number;
}

export interface JoinOptions {
  /** The name of the cluster: nodes with the same name, meeting at the same place, are one cluster. */
  cluster: string;
  /**
   * Where the nodes of one machine meet, or the first of a fixed list keeps the views. Default: a private directory under
   * the system's temporary one.
   */
  directory?: string;
  /**
   * Where views are agreed, instead of files in `directory`: a store, what opens the one of this cluster, or the nodes of a
   * fixed list.
   */
  store?: ViewStore | ViewStorePlace | StaticNodes;
  /** How nodes reach each other, instead of sockets. */
  transport?: Transport;
  /**
   * Where this node listens: `tls://host:port`, `tcp://host:port` (port 0 is any that is free), `unix:/path`, or what
   * `transport` takes. Default: a Unix socket of its own in `directory`, or what `transport` says.
   */
  listen?: string;
  /**
   * The address at which others dial this node, where that is not the one it listens at. It must lead to this node alone.
   * Default: `listen`; for `0.0.0.0` and `[::]` the one address of this machine that others can reach.
   */
  advertise?: string;
  /**
   * What all nodes of the cluster know and nobody else, at least 16 bytes, the same everywhere. Nodes let each other in
   * only if both prove that they know it. Whoever does not is refused with `NOT_TRUSTED`. Without `tls`, `tls://` also
   * makes its keys of it.
   */
  secret?: string | Uint8Array;
  /**
   * Certificates for `tls://`: `{ cert, key, ca }`, or a function that is asked for them now and once a minute. Both ends
   * verify the other's; if there is a `secret`, that of the end that dials need not be valid for it.
   */
  tls?: TlsSource;
  /** A name for this node, 1 to 64 of `A-Z a-z 0-9 . _ -`. Default: random. Two running nodes never share one. */
  id?: string;
  /** The share of the keys this node takes, relative to the others; 0 takes none. Default: 1. */
  weight?: number;
  /**
   * Which deploy this node belongs to: a number, or a text of up to 64 characters, whose order is that of
   * {@link Build}. While there are nodes of several builds, partitions go to those of the newest one only, and only from
   * nodes that leave. Default: none, which is older than any.
   */
  build?: Build;
  /** Slices of the key space, a power of two; counts only for the node that founds the cluster. Default: 4096. */
  partitions?: number;
  /**
   * How many other nodes keep an in-sync copy of each partition, 0 to 2. With 1, no acknowledged write is lost when any
   * one process is killed; a reply then waits for the copies of what it tells. Settled by the node that founds the
   * cluster; one that wants another number is refused with `CONFIG_MISMATCH`. Default: that of the cluster, or 0.
   */
  backups?: number;
  /**
   * Who gets which partition. Every node of a cluster must use the same: one with a router of another name is refused with
   * `CONFIG_MISMATCH`. Default: `balanced()`.
   */
  router?: Router;
  /** How long a call waits unless it says otherwise, in ms. Default: 5000. */
  timeout?: number;
  /** How long joining may take, in ms. Default: 30,000. */
  joinTimeout?: number;
  /**
   * A node that is silent for this long is taken for dead, in ms, if at least half of the nodes agree; its keys are
   * answered by others after about two thirds of that more. One that is certainly dead is not waited for. Default: 3000.
   */
  failureAfter?: number;
  /**
   * How long the members, their weights and what they have opened must have been the same before partitions move, in ms.
   * Default: 1000.
   */
  settle?: number;
  /**
   * How moves of partitions share the machine with everything else: `concurrency` groups of them are under way at a time from one
   * node (default 2), `bytesPerSecond` of copies leave it (default: no limit).
   */
  moves?: MoveLimits;
  /** Encodes and routes every call as if it left this node, so that what fails in production fails here. Default: false. */
  strict?: boolean;
  /** Keeps the process alive while the node is idle. Default: false. */
  keepAlive?: boolean;
  /**
   * What a link to another node may hold: `frame` bytes in one call or answer (default 16 MiB; beyond it `TOO_LARGE`), `inFlight`
   * calls (65,536) and `queued` bytes (64 MiB; beyond these `OVERLOADED`).
   */
  limits?: Partial<LinkLimits>;
  /** Whom to tell what happens, shaped like a pino logger. Default: nobody. */
  logger?: Logger;
  /** Time, for tests. */
  clock?: Clock;
  /** Randomness, for tests. */
  random?: Random;
}

/** Every option with its value. */
export interface JoinSettings
  extends Required<
    Omit<
      JoinOptions,
      | 'store'
      | 'directory'
      | 'limits'
      | 'listen'
      | 'advertise'
      | 'secret'
      | 'tls'
      | 'moves'
      | 'backups'
      | 'build'
    >
  > {
  readonly incarnation: string;
  readonly listen: string;
  /** `undefined`: where this node listens. */
  readonly advertise: string | undefined;
  readonly secret: Secret | undefined;
  /** That of this node alone, if there is a list; `undefined` for those on it who have none. */
  readonly store: ViewStore | undefined;
  readonly list: StaticNodes | undefined;
  readonly limits: LinkLimits;
  /** `undefined`: as many as the cluster has. */
  readonly backups: number | undefined;
  readonly build: Build | undefined;
  readonly moves: Required<MoveLimits>;
  readonly safeguards: Safeguards;
  /** Where this machine's sockets are, if that of this node is one of them. */
  readonly sockets: string | undefined;
}

/** How long an operation of the view store may take, in ms, before it counts as failed. */
const storePatience = 10_000;

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Checks the options of `join` and fills in what was left out; anything bad is `INVALID_OPTION`, naming the option. */
export function settle(options: JoinOptions, safeguards: Safeguards = allSafeguards): JoinSettings {
  const { clock = systemClock, random = systemRandom, limits = {} } = options;
  const { cluster, partitions = defaultPartitions, id = randomName(random, 8) } = options;
  const list = options.store instanceof StaticNodes ? options.store : undefined;
  const entry = list?.entry(options.id);
  const { weight = entry?.weight ?? 1 } = options;
  if (typeof cluster !== 'string' || cluster === '' || cluster.length > 255) {
    throw invalid('cluster', cluster, 'a name of 1 to 255 characters');
  }
  if (typeof id !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(id))
    throw invalid('id', id, '1 to 64 of A-Z a-z 0-9 . _ -');
  checkWeight(weight);
  if (!isPowerOfTwo(partitions) || partitions > largestPartitions) {
    throw invalid('partitions', partitions, `a power of two up to ${largestPartitions}`);
  }
  if (options.backups !== undefined && !isRedundancy(options.backups))
    throw invalid('backups', options.backups, `a whole number from 0 to ${largestRedundancy}`);
  if (options.build !== undefined && !isBuild(options.build))
    throw invalid('build', options.build, `a whole number from 0 on, or 1 to ${longestBuild} characters`);
  const incarnation = randomName(random, 10);
  const ownPlace = list === undefined && (options.store === undefined || options.transport === undefined);
  const directory = ownPlace ? (options.directory ?? defaultDirectory(cluster)) : undefined;
  // The incarnation, not the id: short, and never the socket of an earlier life.
  const own =
    options.transport === undefined && directory !== undefined
      ? `unix:${join(directory, `${incarnation}.sock`)}`
      : options.transport?.address?.(cluster, incarnation);
  const listen = options.listen ?? entry?.address ?? own;
  if (listen === undefined) throw invalid('listen', undefined, 'an address, since a transport is given');
  // Others dial what the list says.
  const listed = entry?.address === listen ? undefined : entry?.address;
  const { advertise = listed, logger = silent } = options;
  const secret = options.secret === undefined ? undefined : new Secret(options.secret);
  const log = (message: string): void => logger.warn(`[${cluster}/${id}] ${message}`);
  const transport = transportOf(options, advertise, listen, clock, log);
  const files = (place: string): ViewStore => directoryStore({ directory: place, clock, random });
  const given =
    typeof options.store === 'function' ? options.store({ cluster, clock, random }) : options.store;
  const store =
    list === undefined
      ? ((given as ViewStore | undefined) ?? files(directory!))
      : entry === list.keeper
        ? (list.store ?? files(options.directory ?? defaultDirectory(`${cluster}, static nodes`)))
        : undefined;
  return {
    cluster,
    id,
    weight,
    partitions,
    incarnation,
    backups: options.backups,
    build: options.build,
    sockets:
      options.transport === undefined && listen.startsWith(`unix:${directory}/`) ? directory : undefined,
    list,
    store: store === undefined ? undefined : bounded(store, clock, storePatience),
    transport,
    listen,
    advertise,
    secret,
    router: checkRouter(options.router ?? balanced()),
    timeout: duration('timeout', options.timeout, 5_000),
    joinTimeout: duration('joinTimeout', options.joinTimeout, 30_000),
    failureAfter: duration('failureAfter', options.failureAfter, 3_000),
    settle: duration('settle', options.settle, 1_000),
    safeguards,
    strict: options.strict ?? false,
    keepAlive: options.keepAlive ?? false,
    limits: { ...defaultLimits, ...limits },
    moves: {
      concurrency: positive('moves.concurrency', options.moves?.concurrency, 2),
      bytesPerSecond: positive(
        'moves.bytesPerSecond',
        options.moves?.bytesPerSecond,
        Number.POSITIVE_INFINITY,
      ),
    },
    logger,
    clock,
    random,
  };
}

/** Others compare its name, and every plan asks it. */
function checkRouter(router: Router): Router {
  if (typeof router.assign !== 'function') throw invalid('router.assign', router.assign, 'a function');
  if (typeof router.name === 'string' && router.name !== '') return router;
  throw invalid('router.name', router.name, 'a name, by which nodes see that they use the same router');
}

/** The transport that was given, or one of the library's own, for which the addresses are checked now. */
function transportOf(
  { transport, tls, secret }: JoinOptions,
  advertise: string | undefined,
  listen: string,
  clock: Clock,
  log: (message: string) => void,
): Transport {
  if (transport !== undefined) {
    if (tls === undefined) return transport;
    throw new RouterError(
      'INVALID_OPTION',
      `tls: the transport that is given has its own; use socketTransport({ tls })`,
    );
  }
  placeOf(listen, { tls, secret }, { guarded: secret !== undefined, advertise });
  return socketTransport({ tls, secret, clock, log });
}

/** Refuses what is not a weight. */
export function checkWeight(weight: number): void {
  if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1e6))
    throw invalid('weight', weight, 'a number from 0 to 1,000,000');
}

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && value >= 1) return value;
  throw invalid(name, value, 'a number from 1');
}

function duration(name: string, ms: number | undefined, otherwise: number): number {
  if (ms === undefined) return otherwise;
  if (typeof ms === 'number' && ms > 0) return ms;
  throw invalid(name, ms, 'milliseconds above zero');
}

function invalid(name: string, value: unknown, wanted: string): RouterError {
  return new RouterError('INVALID_OPTION', `${name}: ${String(value)} is not ${wanted}`);
}
