import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { describe } from '../describe.ts';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter, type Parameter, safeInteger, timeToLive } from '../parameters.ts';

/** Options of `incr`. */
export interface IncrOptions {
  /** What a key without a live entry starts from, a safe integer. Default: 0. */
  default?: number;
  /**
   * Time to live of an entry that is created, in milliseconds or as a duration string; `null` never expires. One that is there
   * keeps its expiry. Default: the cache's `ttl`.
   */
  ttl?: Duration | null;
}

/** Options of `incr` and `decr`, as their owner gets them. */
export interface CheckedStepOptions {
  default?: number;
  ttl?: number | null;
}

export interface Incr<K extends Key, M extends Mode> {
  /**
   * Adds `by` (default 1, may be negative) to the integer stored under `key` and answers the sum, atomically. A key
   * without a live entry starts from `default` (0) and gets `ttl`, or that of the cache; an entry that is there keeps its expiry.
   *
   * `by` and `default` must be safe integers, else `INVALID_OPTION`. If the stored value is not a safe integer, or the
   * sum would not be one: `NON_NUMERIC_VALUE`, and nothing changes. In a cluster the key's owner adds; fails also with
   * `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  incr(key: K, by?: number, options?: IncrOptions & CallOptions[M]): Reply<M, number>;
}

/** By how much; 1 unless given. */
export const step: Parameter<number> = {
  kind: 'plain',
  check: (input) => (input === undefined ? 1 : safeInteger('by', input)),
};

/** What they take beside a number. */
export const stepOptions: Parameter<CheckedStepOptions | undefined> = optionsParameter<CheckedStepOptions>({
  default: safeInteger,
  ttl: timeToLive,
});

export const incr: KeyedAction<[key: Key, by: number, options: CheckedStepOptions | undefined], number> = {
  name: 'incr',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, step, stepOptions],
  result: 'plain',
  execute: (engine, hash, key, by, options) => addTo(engine, hash, key, by, options),
};

/** Adds to the integer of `key`, or to the default where there is no live entry, and counts that. */
export function addTo(
  engine: Engine,
  hash: number,
  key: Key,
  by: number,
  { default: start = 0, ttl }: CheckedStepOptions = {},
): number {
  const slot = engine.find(key, hash);
  const sum = add(slot === none ? start : engine.open(engine.store.value(slot)), by);
  if (slot === none) engine.write(key, hash, engine.hold(sum), ttl);
  else engine.replace(slot, engine.hold(sum));
  engine.statistics?.add(slot === none ? 'writes' : 'updates');
  return sum;
}

function add(value: unknown, by: number): number {
  if (!Number.isSafeInteger(value)) {
    throw new CacheError(
      'NON_NUMERIC_VALUE',
      `${describe(value)} is not a safe integer; the entry is unchanged`,
    );
  }
  const sum = (value as number) + by;
  if (Number.isSafeInteger(sum)) return sum;
  const sign = by < 0 ? '-' : '+';
  throw new CacheError(
    'NON_NUMERIC_VALUE',
    `${value} ${sign} ${Math.abs(by)} is not a safe integer; the entry is unchanged`,
  );
}
