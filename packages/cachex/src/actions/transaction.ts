import type { Key } from '@cachex/router/hash';
import type { CallerAction, CallOptions, Methods, Mode, Worked, WorkOn } from '../action.ts';
import { describe } from '../describe.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { transactHere } from '../local/transact.ts';
import { checkKey, type OptionCheck, optionsParameter, type Parameter } from '../parameters.ts';
import type { Actions, KeyedActions } from './index.ts';

/** Options of `transaction`. */
export interface TransactionOptions {
  /**
   * In a cluster: how long the locks last if the process that runs the function stops renewing them, because it died or
   * hangs. Default: 10 s.
   */
  lease?: Duration;
}

export interface Transaction<K extends Key, V, M extends Mode, F, C> {
  /** The same, without keys: the function gets the cache itself, and runs when no key is locked. */
  transaction<R>(
    keys: readonly [],
    work: WorkOn<Actions<K, V, M, F, C>, R>,
    options?: TransactionOptions & CallOptions[M],
  ): Worked<R>[M];
  /**
   * Runs `work` on the entries of `keys`, then writes all that it did to them, or nothing: if it throws, the error is
   * passed on and nothing is written. `tx` has the actions on one key, for those keys alone. Answers what `work` answers.
   *
   * In one process a function that answers at once is not disturbed. What an asynchronous one has done is written only if
   * the entries of all keys are as it found them; otherwise it runs again, so that nobody has to wait for it.
   *
   * In a cluster the keys are locked at their owners in one order, so that transactions never wait for each other in a
   * circle; `work` runs here, once, while writes of others to these keys wait; then all owners write, or none. `timeout`
   * is for the locks and `work`, and again for the commit. Fails with `LOCKED` (others held a lock too long), `LOCK_LOST`
   * (this process hung for longer than `lease`; nothing was written), `TIMEOUT`, `NODE_DOWN`, or with `UNKNOWN_OUTCOME`:
   * all or nothing was written.
   */
  transaction<R>(
    keys: readonly K[],
    work: WorkOn<KeyedActions<K, V, M, F, C>, R>,
    options?: TransactionOptions & CallOptions[M],
  ): Worked<R>[M];
}

const keysParameter: Parameter<readonly Key[]> = {
  kind: 'plain',
  check(input) {
    if (Array.isArray(input)) return input.map(checkKey);
    throw new CacheError('INVALID_OPTION', `keys: ${describe(input)} is not an array of keys`);
  },
};

type Work = (tx: Methods) => unknown;

const workParameter: Parameter<Work> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'function') return input as Work;
    throw new CacheError('INVALID_OPTION', `work: ${describe(input)} is not a function`);
  },
};

const leaseTime: OptionCheck = (option, input) => {
  const ms = parseDuration(option, input);
  if (ms < Number.POSITIVE_INFINITY) return ms;
  throw new CacheError('INVALID_OPTION', `${option}: a lease must end; use a finite time`);
};

export const transaction: CallerAction<
  [keys: readonly Key[], work: Work, options: { lease?: number } | undefined],
  unknown
> = {
  name: 'transaction',
  effect: 'write',
  repeatable: false,
  route: { kind: 'caller' },
  parameters: [keysParameter, workParameter, optionsParameter<{ lease?: number }>({ lease: leaseTime })],
  result: 'plain',
  answers: 'either',
  execute: (engine, cache, keys, work) =>
    keys.length === 0 ? work(cache) : transactHere(engine, keys, work),
};
