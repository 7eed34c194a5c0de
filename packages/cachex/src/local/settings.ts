import type { Clock, Random } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { describe } from '../describe.ts';
import type { Files } from '../disk/files.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { FunctionMap } from '../functions.ts';
import { checkOptions, flag, group, type OptionCheck, timeToLive } from '../parameters.ts';
import { systemClock, systemRandom } from './clock.ts';
import type { EngineSettings } from './engine.ts';
import { byCopy, byReference } from './value-form.ts';

/** How expired entries are found. */
export interface ExpirationOptions {
  /** From the end of one sweep for expired entries to the start of the next; `false` for none. Default: 3 s. */
  interval?: Duration | false;
  /** Whether a read that meets an expired entry removes it at once. It is a miss in any case. Default: `true`. */
  lazy?: boolean;
  /**
   * From 0 to 1: by how much the default `ttl` is shortened at random, so that entries written together do not expire
   * together. 0.1 makes a `ttl` of 100 s one of 90 to 100 s. A `ttl` given with a call is kept exactly. Default: 0.
   */
  jitter?: number;
}

/** Options of {@link createCache}. */
export interface CacheOptions<
  K extends Key = Key,
  V = unknown,
  F extends FunctionMap<K, V> = FunctionMap<K, V>,
> {
  /** Names the cache in messages. Default: `'cache'`. */
  name?: string;
  /** Time to live of entries that are written without one, in milliseconds or as a duration string. Default: `null`, for ever. */
  ttl?: Duration | null;
  /** How expired entries are found. */
  expiration?: ExpirationOptions;
  /**
   * Copies values on their way in and out (`structuredClone`), so that nobody can change what the cache holds. Default:
   * `false`, values are held by reference: a change made through one reference is seen through all.
   */
  clone?: boolean;
  /** Loaders that `fetch` can be given by name. */
  functions?: F;
  /** Counts hits, misses, writes and more for `stats()`. Default: `false`, which costs nothing. */
  stats?: boolean;
  /** Where time comes from; for tests. Default: the clock of this process. */
  clock?: Clock;
  /** Where numbers in [0, 1) come from; for tests. Default: `Math.random`. */
  random?: Random;
  /** Where `dump` writes and `load` reads; for tests. Default: the file system of this process. */
  files?: Files;
}

/** 256 maps stall for about 2 ms when they grow, where a single one stalls for hundreds. */
const localPartitions = 256;
const defaultInterval = 3_000;

const nonEmptyName: OptionCheck = (option, input) => {
  if (typeof input === 'string' && input !== '') return input;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is not a name; use a string that is not empty`,
  );
};

const sweepInterval: OptionCheck = (option, input) => {
  if (input === false) return false;
  const ms = parseDuration(option, input);
  return ms === Number.POSITIVE_INFINITY ? false : ms;
};

const share: OptionCheck = (option, input) => {
  if (typeof input === 'number' && input >= 0 && input <= 1) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a number from 0 to 1`);
};

const functionMap: OptionCheck = (option, input) => {
  const functions = typeof input === 'object' && input !== null && !Array.isArray(input) ? input : undefined;
  if (functions === undefined) {
    throw new CacheError(
      'INVALID_OPTION',
      `${option} must be an object of functions, not ${describe(input)}`,
    );
  }
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value === 'function') continue;
    throw new CacheError('INVALID_OPTION', `${option}.${name}: ${describe(value)} is not a function`);
  }
  return functions;
};

/** A source of numbers in [0, 1). */
export const randomSource: OptionCheck = (option, input) => {
  if (typeof input === 'function') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a function`);
};

/** A clock, given for tests. */
export const timeSource: OptionCheck = (option, input) => {
  const missing = (['now', 'wallTime', 'after', 'defer'] as const).find(
    (method) => typeof (input as Partial<Clock> | null)?.[method] !== 'function',
  );
  if (missing === undefined) return input;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is not a clock; it has no method '${missing}'`,
  );
};

/** A place for files, given for tests. */
const filePlace: OptionCheck = (option, input) => {
  const missing = (['create', 'open'] as const).find(
    (method) => typeof (input as Partial<Files> | null)?.[method] !== 'function',
  );
  if (missing === undefined) return input;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is no place for files; it has no method '${missing}'`,
  );
};

/** The options that say how a cache treats its data, wherever the cache lives. */
export const dataOptionChecks: Readonly<Record<'ttl' | 'expiration' | 'functions' | 'stats', OptionCheck>> = {
  ttl: timeToLive,
  expiration: group({ interval: sweepInterval, lazy: flag, jitter: share }),
  functions: functionMap,
  stats: flag,
};

const checks: Readonly<Record<keyof CacheOptions, OptionCheck>> = {
  ...dataOptionChecks,
  name: nonEmptyName,
  clone: flag,
  clock: timeSource,
  random: randomSource,
  files: filePlace,
};

/** What {@link dataOptionChecks} made of the options it knows. */
export interface CheckedDataOptions {
  ttl?: number | null;
  expiration?: { interval?: number | false; lazy?: boolean; jitter?: number };
  // biome-ignore lint/suspicious/noExplicitAny: the types of keys and values end at the facade.
  functions?: FunctionMap<any, unknown>;
  stats?: boolean;
}

/** The part of an engine's settings that data options decide, defaults filled in. */
export function dataSettings(
  options: CheckedDataOptions,
): Pick<EngineSettings, 'ttl' | 'expiration' | 'functions' | 'stats'> {
  const { ttl = null, expiration = {}, functions = {}, stats = false } = options;
  const { interval = defaultInterval, lazy = true, jitter = 0 } = expiration;
  return { ttl, expiration: { interval, lazy, jitter }, functions, stats };
}

interface CheckedCacheOptions extends CheckedDataOptions {
  name?: string;
  clone?: boolean;
  clock?: Clock;
  random?: Random;
  files?: Files;
}

/** Checks the options of `createCache` and fills in what they leave out. */
export function readCacheOptions(options: unknown): EngineSettings {
  const checked = checkOptions('options', options, checks) as CheckedCacheOptions;
  const { name = 'cache', clone = false, clock = systemClock, random = systemRandom, files } = checked;
  const values = clone ? byCopy : byReference;
  return { ...dataSettings(checked), name, clock, random, values, files, partitions: localPartitions };
}

/** Who may answer reads of a clustered cache. */
export type ReadFrom = 'owner' | 'any';

const readFromCheck: OptionCheck = (option, input) => {
  if (input === 'owner' || input === 'any') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is neither 'owner' nor 'any'`);
};

/** Checks the options of a clustered cache and fills in what they leave out; `clock` stays undefined unless given. */
export function readClusterCacheOptions(
  name: string,
  options: unknown,
): Pick<EngineSettings, 'name' | 'ttl' | 'expiration' | 'functions' | 'stats' | 'files'> & {
  clock: Clock | undefined;
  backups: boolean;
  readFrom: ReadFrom;
} {
  nonEmptyName('name', name);
  const checked = checkOptions('options', options, {
    ...dataOptionChecks,
    clock: timeSource,
    files: filePlace,
    backups: flag,
    readFrom: readFromCheck,
  }) as CheckedCacheOptions & { backups?: boolean; readFrom?: ReadFrom };
  const { clock, files, backups = true, readFrom = 'owner' } = checked;
  return { ...dataSettings(checked), name, clock, files, backups, readFrom };
}
