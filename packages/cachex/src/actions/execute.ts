import type { Key } from '@cachex/router/hash';
import type { CallerAction, CallOptions, Methods, Mode, Worked, WorkOn } from '../action.ts';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Answer } from '../functions.ts';
import { executeNamed } from '../local/execute-named.ts';
import { checkKey, type OptionCheck, optionsParameter, type Parameter } from '../parameters.ts';
import type { Actions } from './index.ts';

/** Options of `execute` with the name of a function. */
export interface ExecuteOptions<K> {
  /** The function gets this key, and in a cluster runs at its owner. */
  key: K;
  /** What else the function gets, as `args` of its context. Default: an empty list. */
  args?: readonly unknown[];
}

export interface Execute<K extends Key, V, M extends Mode, F, C> {
  /**
   * Runs a function of `functions` by its name, and answers a promise of what it answers. It gets the key, and
   * `{ cache, args, signal }`; the methods of that `cache` answer promises. In a cluster it runs at the owner of the key,
   * next to the data: one round trip, whatever it does there. It is not a transaction.
   *
   * Rejects with what the function throws, `INVALID_KEY`, `INVALID_OPTION`, or `UNKNOWN_FUNCTION`; in a cluster also with
   * `NOT_SERIALIZABLE`, `TIMEOUT`, `NODE_DOWN`, or `UNKNOWN_OUTCOME`: it may have run.
   */
  execute<N extends keyof F & string>(
    work: N,
    options: ExecuteOptions<K> & CallOptions[M],
  ): Promise<Answer<F[N]>>;
  /**
   * Runs a function here, at once, gives it the cache, and answers what it answers. In a cluster calls that it makes
   * without waiting in between leave together, in one frame for each owner.
   */
  execute<R>(work: WorkOn<Actions<K, V, M, F, C>, R>, options?: CallOptions[M]): Worked<R>[M];
}

type Work = string | ((cache: Methods) => unknown);

interface CheckedOptions {
  key?: Key;
  args?: readonly unknown[];
}

const workParameter: Parameter<Work> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'function' || typeof input === 'string') return input as Work;
    throw new CacheError('INVALID_OPTION', `work: ${describe(input)} is not a function or the name of one`);
  },
};

const list: OptionCheck = (option, input) => {
  if (Array.isArray(input)) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an array`);
};

export const execute: CallerAction<[work: Work, options: CheckedOptions | undefined], unknown> = {
  name: 'execute',
  effect: 'write',
  repeatable: false,
  route: { kind: 'caller' },
  parameters: [
    workParameter,
    optionsParameter<CheckedOptions>({ key: (_option, input) => checkKey(input), args: list }),
  ],
  result: 'plain',
  answers: 'either',
  execute(engine, cache, work, options) {
    if (typeof work === 'function') return work(cache);
    return executeHere(engine, cache, work, options);
  },
};

const executeHere: (typeof execute)['execute'] = async (engine, cache, work, options) => {
  const { key, args } = target(work as string, options);
  return executeNamed(engine, answeringPromises(cache), work as string, key, args);
};

/** Where a named function is to run, and with what; without a key nobody can tell. */
export function target(
  work: string,
  options: CheckedOptions | undefined,
): { key: Key; args: readonly unknown[] } {
  const { key, args = [] } = options ?? {};
  if (key !== undefined) return { key, args };
  throw new CacheError('INVALID_OPTION', `key: execute needs one to know where '${work}' is to run`);
}

/** What a function does here it must be able to do in a cluster. */
function answeringPromises(cache: Methods): Methods {
  return Object.fromEntries(
    Object.entries(cache).map(([name, method]) => [
      name,
      async (...args: readonly unknown[]) => method(...args),
    ]),
  );
}
