import { type JoinOptions as RouterJoinOptions, StaticNodes } from '@cachex/router';
import { describe } from '../describe.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { randomSource, timeSource } from '../local/settings.ts';
import { checkOptions, flag, group, type OptionCheck } from '../parameters.ts';

/** Times are milliseconds or duration strings; everything else is as in `@cachex/router`. */
type TimeOption = 'timeout' | 'joinTimeout' | 'failureAfter' | 'settle';

/** Options of {@link join}. */
export type JoinOptions = Omit<RouterJoinOptions, TimeOption> & { [N in TimeOption]?: Duration };

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

const viewStore = having('a view store', 'read', 'compareAndSet', 'watch', 'close');

const checks: Readonly<Record<keyof JoinOptions, OptionCheck>> = {
  cluster: text,
  directory: text,
  store: (option, input) =>
    typeof input === 'function' || input instanceof StaticNodes ? input : viewStore(option, input),
  transport: having('a transport', 'listen', 'connect'),
  listen: text,
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

/** Checks the options of {@link join} and brings times into ms; anything bad or unknown is `INVALID_OPTION`, naming it. */
export function readJoinOptions(options: unknown): RouterJoinOptions {
  const checked = checkOptions('options', options, checks);
  return { ...checked, cluster: checks.cluster('cluster', checked.cluster) as string };
}

/** A weight as the router takes it; what is no number at all never gets into a view. */
export function checkWeight(input: unknown): number {
  return number('weight', input) as number;
}
