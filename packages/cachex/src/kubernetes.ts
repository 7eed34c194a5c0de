import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { type Clock, type StaticNode, systemClock } from '@cachex/router';
import { type Duration, parseDuration } from './duration.ts';
import { CacheError } from './errors.ts';
import { timeSource } from './local/settings.ts';
import { anything, checkOptions, type OptionCheck } from './parameters.ts';

/** Answers with the addresses of a name, as `lookup` of `node:dns/promises` does. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** How nodes reach each other from pod to pod. */
interface Reach {
  /** The port at which nodes listen. Default: 7700. */
  port?: number;
  /** Default: `'tls'`, which needs a `secret` or certificates. */
  scheme?: 'tls' | 'tcp';
}

/** Options of {@link pod}. */
export interface PodOptions extends Reach {
  /**
   * The headless service that the StatefulSet of this pod names as `serviceName`: others dial this pod by its name there.
   * Default: none, they dial its IP address.
   */
  service?: string;
  /** How long to wait until that name leads to this pod. Default: 30 s. */
  within?: Duration;
  /** Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** For tests. Default: the resolver of the system. */
  resolve?: Resolve;
  /** Time, for tests. */
  clock?: Clock;
}

/** Options of {@link statefulSet}. */
export interface StatefulSetOptions extends Reach {
  /** The name of the StatefulSet. */
  name: string;
  /** The headless service that it names as `serviceName`. */
  service: string;
  /** How many pods it has. */
  replicas: number;
  /** Default: that of the pod that asks. */
  namespace?: string;
}

/** The part of the options of `join` that says who this pod is and where others find it. */
export interface PodAddress {
  readonly id: string;
  readonly listen: string;
  readonly advertise: string;
}

/** How long to wait before a name is looked up again, in ms. */
const pause = 500;

const port: OptionCheck = (option, input) => {
  if (Number.isInteger(input) && (input as number) > 0 && (input as number) < 65_536) return input;
  throw invalid(option, `${String(input)} is not a port from 1 to 65,535`);
};
const scheme: OptionCheck = (option, input) => {
  if (input === 'tls' || input === 'tcp') return input;
  throw invalid(option, `'${String(input)}' is neither 'tls' nor 'tcp'`);
};
/** A name as Kubernetes gives them to what is found by DNS. */
const label: OptionCheck = (option, input) => {
  if (typeof input === 'string' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(input)) return input;
  throw invalid(option, `'${String(input)}' is not a name of Kubernetes`);
};
const count: OptionCheck = (option, input) => {
  if (Number.isInteger(input) && (input as number) > 0 && (input as number) <= 1000) return input;
  throw invalid(option, `${String(input)} is not a number of pods from 1 to 1,000`);
};

const podChecks: Readonly<Record<keyof PodOptions, OptionCheck>> = {
  port,
  scheme,
  service: label,
  within: parseDuration,
  env: anything,
  resolve: anything,
  clock: timeSource,
};

/**
 * Who this pod is and where others find it, for `join({ ...(await pod()), cluster, store, secret })`: its name as the `id`,
 * so that a container that starts again is known at once to have replaced the earlier one; every address of it as
 * `listen`; and its IP address, or its name under `service`, as `advertise`.
 *
 * Reads `POD_NAME` and `POD_IP`, and with `service` also `POD_NAMESPACE`, which the manifest has to set from the fields of the
 * pod. With `service` it resolves once that name leads to this pod. Rejects with `INVALID_OPTION`, naming what is missing.
 */
export async function pod(options: PodOptions = {}): Promise<PodAddress> {
  const checked: PodOptions = checkOptions('options', options, podChecks);
  const { port = 7700, scheme = 'tls', service, within = 30_000, env = process.env } = checked;
  const { resolve = addressesOf, clock = systemClock } = checked;
  const name = variable(env, 'POD_NAME', 'metadata.name');
  const ip = variable(env, 'POD_IP', 'status.podIP');
  const host = isIPv6(ip) ? `[${ip}]` : ip;
  const address = {
    // What is cut off is the beginning: the end tells pods of one set apart.
    id: name.slice(-64),
    listen: `${scheme}://${isIPv6(ip) ? '[::]' : '0.0.0.0'}:${port}`,
  };
  if (service === undefined) return { ...address, advertise: `${scheme}://${host}:${port}` };
  const own = hostOf(name, service, namespaceOf(env));
  await leadsTo(own, ip, { within: within as number, resolve, clock });
  return { ...address, advertise: `${scheme}://${own}:${port}` };
}

/**
 * The pods of a StatefulSet as a fixed list, for `staticNodes(statefulSet({ name, service, replicas }))`, where there is no
 * other view store. Every pod must be given the same, so `replicas` cannot be changed while the cluster runs. The first
 * pod needs a volume for its `directory`. Bad options are `INVALID_OPTION`.
 */
export function statefulSet(options: StatefulSetOptions): StaticNode[] {
  const checks = { port, scheme, name: label, service: label, replicas: count, namespace: label };
  const checked: Partial<StatefulSetOptions> = checkOptions('options', options, checks);
  const { scheme: by = 'tls', port: at = 7700, namespace = namespaceOf(process.env) } = checked;
  const name = label('name', checked.name) as string;
  const service = label('service', checked.service) as string;
  const replicas = count('replicas', checked.replicas) as number;
  return Array.from({ length: replicas }, (_, n) => ({
    id: `${name}-${n}`,
    address: `${by}://${hostOf(`${name}-${n}`, service, namespace)}:${at}`,
  }));
}

/** Without the domain of the cluster, which differs: resolvers in pods know it. */
function hostOf(pod: string, service: string, namespace: string): string {
  return `${pod}.${service}.${namespace}.svc`;
}

/** Waits until that name leads to that address. */
async function leadsTo(
  host: string,
  ip: string,
  { within, resolve, clock }: { within: number; resolve: Resolve; clock: Clock },
): Promise<void> {
  let found: readonly string[] = [];
  let cause: unknown;
  let over = false;
  const after = (ms: number): Promise<void> => new Promise((done) => void clock.after(ms, done));
  const deadline = after(within).then(() => {
    over = true;
  });
  // Timers of a clock do not keep the process alive, and somebody awaits this.
  const awake = setInterval(() => {}, 2 ** 30);
  try {
    while (!over) {
      const asked = resolve(host).then(
        (addresses) => {
          found = addresses;
        },
        (error: unknown) => {
          found = [];
          cause = error;
        },
      );
      await Promise.race([asked, deadline]);
      if (found.includes(ip)) return;
      await Promise.race([after(pause), deadline]);
    }
  } finally {
    clearInterval(awake);
  }
  throw new CacheError(
    'INVALID_OPTION',
    `service: ${host} leads to ${found.join(', ') || 'nowhere'}, not to this pod at ${ip}; is it headless, with publishNotReadyAddresses: true, and the serviceName of the StatefulSet?`,
    { cause },
  );
}

async function addressesOf(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

type Environment = Readonly<Record<string, string | undefined>>;

function namespaceOf(env: Environment): string {
  return variable(env, 'POD_NAMESPACE', 'metadata.namespace');
}

function variable(env: Environment, name: string, field: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw invalid(
    name,
    `it is not in the environment; have the manifest set it by valueFrom: { fieldRef: { fieldPath: ${field} } }`,
  );
}

function invalid(option: string, problem: string): CacheError {
  return new CacheError('INVALID_OPTION', `${option}: ${problem}`);
}
