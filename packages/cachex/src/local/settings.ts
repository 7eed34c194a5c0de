import type { Clock, Random } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { type AnyCommands, type CommandMap, commandMap } from '../commands.ts';
import { describe } from '../describe.ts';
import type { Files } from '../disk/files.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { FunctionMap, MixedFunctionMap } from '../functions.ts';
import {
  checkOptions,
  flag,
  group,
  nameFrom,
  type OptionCheck,
  positiveInteger,
  share,
  timeToLive,
} from '../parameters.ts';
import { systemClock, systemRandom } from './clock.ts';
import type { EngineSettings } from './engine.ts';
import { hookList } from './hook-options.ts';
import type { Hook, HookSettings } from './hooks.ts';
import { type CheckedLimit, type LimitOptions, limitOption } from './limit-options.ts';
import { defaultLoadLease } from './load-lease.ts';
import { byCopy, byReference } from './value-form.ts';
import { warmerList } from './warmer-options.ts';
import type { Warmer, WarmerSettings } from './warmers.ts';

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
  F extends MixedFunctionMap<K, V> = FunctionMap<K, V>,
  C extends CommandMap<V> = CommandMap<V>,
> {
  /** Names the cache in messages. Default: `'cache'`. */
  name?: string;
  /** Time to live of entries that are written without one, in milliseconds or as a duration string. Default: `null`, for ever. */
  ttl?: Duration | null;
  /**
   * How expired entries are found: `interval` from one sweep to the next (default 3 s; `false` for none), `lazy` whether a read
   * removes what it finds expired (default `true`), `jitter` from 0 to 1 by how much the default `ttl` is shortened at random
   * (default 0).
   */
  expiration?: ExpirationOptions;
  /**
   * Copies values on their way in and out (`structuredClone`), so that nobody can change what the cache holds. Default:
   * `false`, values are held by reference: a change made through one reference is seen through all.
   */
  clone?: boolean;
  /** What can be given by name: loaders `(key, { signal }) => value` to `fetch`, `(value, key) => newValue` to `getAndUpdate`. */
  functions?: F;
  /**
   * Operations of your own on one value, that `invoke` is given by name:
   * `{ last: { type: 'read', execute: (list) => list?.at(-1) } }`.
   */
  commands?: C;
  /**
   * How much the cache may hold, and what goes first: `{ size: 50_000 }`, `{ bytes: '256mb' }`, `{ heap: 0.7 }`. There is
   * never one entry or one byte more; of the heap, that share is what it comes back to. In a cluster it holds for each node by
   * itself, and copies do not count. Default: no limit.
   */
  limit?: LimitOptions<K, V>;
  /** Counts hits, misses, writes and more for `stats()`. Default: `false`, which costs nothing. */
  stats?: boolean;
  /** Told of calls, or of what the cache does of its own accord; see docs/hooks.md. */
  hooks?: readonly Hook<K, V>[];
  /** Fill the cache before anybody asks; see docs/warming.md. */
  warmers?: readonly Warmer<K, V>[];
  /** Where time comes from; for tests. Default: the clock of this process. */
  clock?: Clock;
  /** Where numbers in [0, 1) come from; for tests. Default: `Math.random`. */
  random?: Random;
  /** Where `dump` writes and `load` reads; for tests. Default: the file system of this process. */
  files?: Files;
}

/** Nothing is shared with other nodes, so that there is nothing to divide. */
const localPartitions = 1;
const defaultInterval = 3_000;
const longestLease = 3_600_000;

const sweepInterval: OptionCheck = (option, input) => {
  if (input === false) return false;
  const ms = parseDuration(option, input);
  return ms === Number.POSITIVE_INFINITY ? false : ms;
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
export const dataOptionChecks: Readonly<Record<keyof CheckedDataOptions, OptionCheck>> = {
  ttl: timeToLive,
  expiration: group({ interval: sweepInterval, lazy: flag, jitter: share }),
  functions: functionMap,
  commands: commandMap,
  stats: flag,
  limit: limitOption,
  hooks: hookList,
  warmers: warmerList,
};

const checks: Readonly<Record<keyof CacheOptions, OptionCheck>> = {
  ...dataOptionChecks,
  name: nameFrom,
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
  functions?: MixedFunctionMap<any, unknown>;
  commands?: AnyCommands;
  stats?: boolean;
  limit?: CheckedLimit;
  hooks?: readonly HookSettings[];
  warmers?: readonly WarmerSettings[];
}

/** The settings of an engine that data options decide. */
type DataSettings = Pick<EngineSettings, keyof CheckedDataOptions>;

/** The part of an engine's settings that data options decide, defaults filled in. */
export function dataSettings(options: CheckedDataOptions): DataSettings {
  const { ttl = null, expiration = {}, functions = {}, commands = {}, stats = false } = options;
  const { limit, hooks = [], warmers = [] } = options;
  const { interval = defaultInterval, lazy = true, jitter = 0 } = expiration;
  return { ttl, expiration: { interval, lazy, jitter }, functions, commands, stats, limit, hooks, warmers };
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

const loadLeaseCheck: OptionCheck = (option, input) => {
  const ms = parseDuration(option, input);
  if (ms <= longestLease) return ms;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is longer than an hour`);
};

/** Values of other nodes' keys that a node keeps for its own reads; see docs/near-cache.md. */
export interface NearOptions {
  /** How many there may be: never one more. */
  size: number;
  /** How long one is kept at most, up to a minute: its owner promises no longer to tell of changes. Default: `'1m'`. */
  expire?: Duration;
}

/** What was made of them. */
export interface CheckedNear {
  readonly limit: CheckedLimit;
  /** In ms. */
  readonly expire: number;
}

/** For how long the owner of a key promises at most to tell of a change, in ms. */
export const longestNear = 60_000;

const nearExpiry: OptionCheck = (option, input) => {
  const ms = parseDuration(option, input);
  if (ms <= longestNear) return ms;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is longer than a minute, for which owners promise to tell of changes`,
  );
};

const nearOption: OptionCheck = (option, input): CheckedNear => {
  const given = checkOptions(option, input, { size: positiveInteger, expire: nearExpiry }, `${option}.`) as {
    size?: number;
    expire?: number;
  };
  const { size, expire = longestNear } = given;
  if (size === undefined)
    throw new CacheError('INVALID_OPTION', `${option}.size: say how many values there may be`);
  return { limit: limitOption(option, { size }) as CheckedLimit, expire };
};

/** Checks the options of a clustered cache and fills in what they leave out; `clock` stays undefined unless given. */
export function readClusterCacheOptions(
  name: string,
  options: unknown,
): DataSettings & {
  name: string;
  files: Files | undefined;
  clock: Clock | undefined;
  backups: boolean;
  readFrom: ReadFrom;
  loadLease: number;
  nearCache: CheckedNear | undefined;
  hotKeys: boolean;
} {
  nameFrom('name', name);
  const checked = checkOptions('options', options, {
    ...dataOptionChecks,
    clock: timeSource,
    files: filePlace,
    backups: flag,
    readFrom: readFromCheck,
    loadLease: loadLeaseCheck,
    nearCache: nearOption,
    hotKeys: flag,
  }) as CheckedCacheOptions & {
    backups?: boolean;
    readFrom?: ReadFrom;
    loadLease?: number;
    nearCache?: CheckedNear;
    hotKeys?: boolean;
  };
  const { clock, files, backups = true, readFrom = 'owner', loadLease = defaultLoadLease } = checked;
  const { nearCache, hotKeys = true } = checked;
  return { ...dataSettings(checked), name, clock, files, backups, readFrom, loadLease, nearCache, hotKeys };
}
