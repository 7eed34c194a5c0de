import { join } from 'cachex/cluster';

/** How a process takes part; it is told as JSON. */
export interface Part {
  /** Options of `join`. A build that does not know one refuses it. */
  readonly join: { readonly cluster: string; readonly directory: string; readonly [option: string]: unknown };
  /** At which port of this machine a NATS server carries what nodes say to each other. Default: they use sockets. */
  readonly nats?: number;
  /** Options of the cache. */
  readonly cache?: Readonly<Record<string, unknown>>;
}

const functions = {
  load: (): never => {
    throw new Error('everything that is read is there');
  },
};

/** Partitions do not wait long to move. A machine on which others run, too, makes nobody suspect that a node is dead. */
const times = { settle: 100, failureAfter: 30_000 } as const;

/** Joins, and opens the cache. */
export async function takePart({ join: options, nats, cache: settings }: Part) {
  const over = nats === undefined ? {} : await overNats(nats);
  const node = await join({ ...options, ...over, ...times, keepAlive: true });
  const cache = node.cache<string, unknown, typeof functions>('users', { functions, ...settings });
  await node.ready();
  return { node, cache };
}

const natsModule = 'cachex/nats';

/** Options of `join`, from a module that not every build has. */
async function overNats(port: number): Promise<Record<string, unknown>> {
  const { natsTransport } = await import(natsModule);
  return { transport: natsTransport({ servers: `127.0.0.1:${port}` }) };
}
