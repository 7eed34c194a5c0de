import { type JoinOptions as RouterJoinOptions, StaticNodes } from '@cachex/router';
import { describe } from '../describe.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { randomSource, timeSource } from '../local/settings.ts';
import { anything, checkOptions, flag, group, type OptionCheck } from '../parameters.ts';
import { application, type Host } from './application.ts';

/** Options of {@link join}; those that are not told here are as in `@cachex/router`. */
export interface JoinOptions
  extends Omit<RouterJoinOptions, 'cluster' | 'timeout' | 'joinTimeout' | 'failureAfter' | 'settle'> {
  /**
   * The name of the cluster: nodes with the same name, meeting at the same place, are one cluster. Must be given where there
   * is a `store`. Default: what the environment variable `CACHEX_CLUSTER` says, or that of this application: its processes
   * and threads on this machine are one cluster.
   */
  cluster?: string;
  /** How long a call waits unless it says otherwise. Default: 5 s. */
  timeout?: Duration;
  /** How long joining may take. Default: 30 s. */
  joinTimeout?: Duration;
  /**
   * A node that is silent for this long is taken for dead, if at least half of the nodes agree; its keys are answered by
   * others after about two thirds of that more. One that is certainly dead is not waited for. Default: 3 s.
   */
  failureAfter?: Duration;
  /** How long the members, their weights and what they have opened must have been the same before partitions move. Default: 1 s. */
  settle?: Duration;
}

const text: OptionCheck = (option, input) => {
  if (typeof input === 'string' && input !== '') return input;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is not a string of at least one character`,
  );
};

/** Which numbers are allowed is for the router to say. */
const number: OptionCheck = (option, input) => {
  if (typeof input === 'number') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a number`);
};

const textOrNumber: OptionCheck = (option, input) =>
  typeof input === 'number' ? input : text(option, input);

const atLeastOne: OptionCheck = (option, input) => {
  if (typeof input === 'number' && input >= 1) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a number from 1`);
};

/** An object that somebody else wrote: it has at least these methods. */
function having(what: string, ...methods: readonly string[]): OptionCheck {
  return (option, input) => {
    const object = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
    const missing = methods.find((method) => typeof object[method] !== 'function');
    if (missing === undefined) return input;
    throw new CacheError(
      'INVALID_OPTION',
      `${option}: ${describe(input)} is not ${what}; it has no method '${missing}'`,
    );
  };
}

/** What the message must not tell. How long it must be is for the router to say. */
const secret: OptionCheck = (option, input) => {
  if (typeof input === 'string' || input instanceof Uint8Array) return input;
  throw new CacheError('INVALID_OPTION', `${option}: what is given is neither a string nor a Uint8Array`);
};

const material = group({ cert: anything, key: anything, ca: anything, passphrase: text, servername: text });

/** What certificates must look like is for the router to say. */
const certificates: OptionCheck = (option, input) =>
  typeof input === 'function' ? input : material(option, input);

const viewStore = having('a view store', 'read', 'compareAndSet', 'watch', 'close');

const checks: Readonly<Record<keyof JoinOptions, OptionCheck>> = {
  cluster: text,
  directory: text,
  store: (option, input) =>
    typeof input === 'function' || input instanceof StaticNodes ? input : viewStore(option, input),
  transport: having('a transport', 'listen', 'connect'),
  listen: text,
  advertise: text,
  secret,
  tls: certificates,
  id: text,
  weight: number,
  build: textOrNumber,
  backups: number,
  partitions: number,
  router: having('a router', 'assign'),
  timeout: parseDuration,
  joinTimeout: parseDuration,
  failureAfter: parseDuration,
  settle: parseDuration,
  moves: group({ concurrency: number, bytesPerSecond: number }),
  strict: flag,
  keepAlive: flag,
  limits: group({ frame: atLeastOne, inFlight: atLeastOne, queued: atLeastOne }),
  logger: having('a logger', 'debug', 'info', 'warn', 'error'),
  clock: timeSource,
  random: randomSource,
};

/**
 * Checks the options of {@link join}, brings times into ms, and finds the cluster if none is named; anything bad or unknown is
 * `INVALID_OPTION`, naming it.
 */
export async function readJoinOptions(options: unknown, host: Host): Promise<RouterJoinOptions> {
  const { cluster, ...checked }: Partial<RouterJoinOptions> = checkOptions('options', options, checks);
  if (cluster !== undefined) return { ...checked, cluster };
  const found = await application(host);
  if (checked.store !== undefined && found.directory !== undefined)
    throw new CacheError(
      'INVALID_OPTION',
      'cluster: pass a name, or set CACHEX_CLUSTER, as other applications may meet in the same store',
    );
  const { directory = found.directory } = checked;
  return { ...checked, cluster: found.cluster, ...(directory === undefined ? {} : { directory }) };
}

/** A weight as the router takes it; what is no number at all never gets into a view. */
export function checkWeight(input: unknown): number {
  return number('weight', input) as number;
}
