import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join as pathOf } from 'node:path';
import {
  defaultDirectory,
  directoryStore,
  systemClock,
  type View,
  type ViewStore,
  type ViewStorePlace,
} from '@cachex/router';
import { type Application, application } from '../cluster/application.ts';
import { type ClusterNode, isCacheError, type JoinOptions, join, staticNodes } from '../cluster/index.ts';
import { natsStore, natsTransport } from '../nats.ts';
import type { Given } from './command.ts';
import { exitCodes, Failure, joinFailureOf, usage } from './failure.ts';
import { viewWith } from './members.ts';
import { routerNamed } from './routers.ts';

/** How much longer than a call joining may take. */
const patience = 2;

/** Variables of the environment, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the nodes of a cluster meet. */
interface Place {
  readonly name: string;
  readonly join: Pick<JoinOptions, 'store' | 'directory'>;
  /** Opens the views, to look at them before joining; not with a fixed list, whose nodes alone are told. */
  open?(): ViewStore;
}

/**
 * Joins a cluster that runs, as a node that takes no keys. It never founds one: where nobody is, that is a failure. What the
 * nodes have settled among themselves is taken from their view.
 */
export async function connect(given: Given, environment: Environment, folder: string): Promise<ClusterNode> {
  const { cluster, directory } = await clusterOf(given, environment, folder);
  const timeout = given.duration('timeout', 5_000);
  const id = given.option('id') ?? `cli-${randomBytes(4).toString('hex')}`;
  try {
    const place = placeOf(cluster, directory, given, environment);
    const view = place.open === undefined ? undefined : await lookAt(cluster, place);
    const node = await join({
      ...trusted(given, environment),
      ...place.join,
      ...(view === undefined ? {} : { ...settledBy(view), ...callBack(view, place, given, environment) }),
      ...listening(given),
      cluster,
      id,
      weight: 0,
      joinTimeout: patience * timeout,
      timeout,
    });
    // Of a list that begins this may be the first one to be there.
    const coming = place.open === undefined ? AbortSignal.timeout(patience * timeout) : AbortSignal.abort();
    const joined = ({ members }: View): boolean => members.length > 1;
    if (await viewWith(node, joined, coming).catch(() => false)) return node;
    await node.leave({ within: 0 });
    throw nobody(cluster, `all nodes that were at ${place.name} have ended`);
  } catch (error) {
    throw joinFailureOf(error);
  }
}

/** The cluster that is named, or that of the application in this folder, as `join()` without a name has it. */
async function clusterOf(given: Given, environment: Environment, folder: string): Promise<Application> {
  const cluster = given.option('cluster');
  if (cluster !== undefined) return { cluster, directory: undefined };
  try {
    return await application({ argv: [], env: environment, cwd: () => folder });
  } catch (cause) {
    if (!isCacheError(cause, 'INVALID_OPTION')) throw cause;
    throw usage(
      'which cluster? Nothing names it, and there is no package.json in this folder or above',
      'give --cluster <name>, set CACHEX_CLUSTER, or go to the folder of the application',
    );
  }
}

function placeOf(
  cluster: string,
  ofApplication: string | undefined,
  given: Given,
  environment: Environment,
): Place {
  const url = given.option('nats') ?? environment.CACHEX_NATS;
  const list = given.option('nodes') ?? environment.CACHEX_NODES;
  const directory = given.option('directory') ?? environment.CACHEX_DIRECTORY;
  if (given.option('nats') !== undefined && given.option('directory') !== undefined)
    throw usage('--nats and --directory are two places: give the one where the nodes meet');
  if (list !== undefined && given.option('nats') === undefined) return listed(list, directory, given);
  if (url !== undefined && given.option('directory') === undefined) {
    const store = natsStore({ servers: url, name: 'cachex command line' });
    const setting = { cluster, clock: systemClock, random: Math.random };
    return { name: withoutCredentials(url), join: { store }, open: () => (store as ViewStorePlace)(setting) };
  }
  const path = directory ?? ofApplication ?? defaultDirectory(cluster);
  if (!existsSync(path)) throw nobody(cluster, `there is no directory ${path}`);
  return { name: path, join: { directory: path }, open: () => directoryStore({ directory: path }) };
}

/** An address as it may be shown. */
function withoutCredentials(url: string): string {
  return url.replace(/^(\w+:\/\/)?.+@/, '$1');
}

/** Of a fixed list this program must be a part. */
function listed(file: string, directory: string | undefined, given: Given): Place {
  if (given.option('id') === undefined)
    throw usage(
      'only nodes of the list are let in: which of them is this program?',
      'put an entry with the weight 0 into the list of all nodes, and give its id with --id',
    );
  let nodes: unknown;
  try {
    nodes = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usage(`--nodes: ${file} cannot be read: ${(error as Error).message}`);
  }
  const store = staticNodes(nodes as Parameters<typeof staticNodes>[0]);
  return { name: file, join: { store, ...(directory === undefined ? {} : { directory }) } };
}

async function lookAt(cluster: string, place: Place): Promise<View> {
  const store = place.open!();
  try {
    const view = await store.read();
    if (view !== undefined && view.members.length > 0) return view;
    throw nobody(cluster, `no node of it is at ${place.name}`);
  } finally {
    await store.close();
  }
}

function nobody(cluster: string, reason: string): Failure {
  return new Failure(exitCodes.unreachable, 'NO_CLUSTER', `cluster '${cluster}' is not running: ${reason}`, {
    hint: 'is the name right, does this user run its nodes (with the same NODE_ENV, if the name is that of an application), and do they meet elsewhere? See --directory, --nats and --nodes',
  });
}

/** What the founder has settled, so that this program does not contradict it. */
function settledBy(view: View): Pick<JoinOptions, 'failureAfter' | 'router'> {
  return {
    failureAfter: view.failureAfter,
    ...(view.router === undefined ? {} : { router: routerNamed(view.router) }),
  };
}

/** How nodes reach this program: as they reach each other. */
function callBack(
  { members }: View,
  place: Place,
  given: Given,
  environment: Environment,
): Pick<JoinOptions, 'listen' | 'transport'> {
  const addresses = members.map(({ address }) => address);
  const first = addresses[0]!;
  if (first.startsWith('nats:')) {
    const servers = given.option('nats') ?? environment.CACHEX_NATS!;
    return { transport: natsTransport({ servers, name: 'cachex command line' }) };
  }
  if (given.option('listen') !== undefined) return {};
  if (first.startsWith('unix:')) {
    const directory = dirname(first.slice('unix:'.length));
    if (directory === place.join.directory) return {};
    return { listen: `unix:${pathOf(directory, `${randomBytes(5).toString('hex')}.sock`)}` };
  }
  const scheme = first.slice(0, first.indexOf(':'));
  if (scheme !== 'tcp' && scheme !== 'tls')
    throw usage(`nodes are at ${first}, where this program cannot be called`, 'say how with --listen');
  const here = addresses.every((address) => /\/\/(127\.|localhost:|\[::1\])/.test(address));
  return { listen: `${scheme}://${here ? '127.0.0.1' : '0.0.0.0'}:0` };
}

function listening(given: Given): Pick<JoinOptions, 'listen'> {
  const listen = given.option('listen');
  return listen === undefined ? {} : { listen };
}

/** Secret and certificates; the secret itself is never an argument, which other users could see. */
function trusted(given: Given, environment: Environment): Pick<JoinOptions, 'secret' | 'tls'> {
  const file = given.option('secret-file');
  const secret = file === undefined ? environment.CACHEX_SECRET : readFileSync(file, 'utf8').trim();
  const [cert, key, ca] = ['tls-cert', 'tls-key', 'tls-ca'].map((name) => given.option(name));
  if ((cert === undefined) !== (key === undefined)) throw usage('--tls-cert and --tls-key go together');
  const material = {
    ...(cert === undefined ? {} : { cert: readFileSync(cert), key: readFileSync(key!) }),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
  };
  return {
    ...(secret === undefined ? {} : { secret }),
    ...(cert === undefined && ca === undefined ? {} : { tls: material as NonNullable<JoinOptions['tls']> }),
  };
}
