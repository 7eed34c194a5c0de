import type { CallerAction, CallOptions, Mode, Reply } from '../action.ts';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import { type OptionCheck, optionsParameter } from '../parameters.ts';
import { clear } from './clear.ts';

/** Options of `reset`. */
export interface ResetOptions {
  /** What to reset. Default: both. */
  only?: readonly ('cache' | 'hooks')[];
  /** The names of the hooks to reset. Default: all of them. */
  hooks?: readonly string[];
}

export interface Reset<M extends Mode> {
  /**
   * Makes the cache as it was at first: removes everything, as `clear` does, and gives hooks a new state, by their
   * `reset` or else by their `init`. Answers how many entries were removed. A name that no hook has: `INVALID_OPTION`.
   *
   * In a cluster every node does so, also those that own nothing. Fails with `PARTIAL_RESULT` when a partition or a node
   * could not be reached, and with `TIMEOUT` or `UNKNOWN_OUTCOME`.
   */
  reset(options?: ResetOptions & CallOptions[M]): Reply<M, number>;
}

const parts: OptionCheck = (option, input) => {
  if (!Array.isArray(input))
    throw new CacheError(
      'INVALID_OPTION',
      `${option}: ${describe(input)} is not an array of 'cache', 'hooks'`,
    );
  for (const part of input) {
    if (part === 'cache' || part === 'hooks') continue;
    throw new CacheError('INVALID_OPTION', `${option}: ${describe(part)} is neither 'cache' nor 'hooks'`);
  }
  return [...input];
};

/** An array of names. */
export const names: OptionCheck = (option, input) => {
  if (Array.isArray(input) && input.every((name) => typeof name === 'string')) return [...input];
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an array of names`);
};

const options = optionsParameter<ResetOptions>({ only: parts, hooks: names });

export const reset: CallerAction<[options: ResetOptions | undefined], number> = {
  name: 'reset',
  effect: 'write',
  repeatable: false,
  route: { kind: 'caller' },
  parameters: [options],
  result: 'plain',
  partial: true,
  execute(engine, _cache, given) {
    checkReset(engine, given);
    const removed = resets(given, 'cache') ? clear.execute(engine, engine.partitions, undefined) : 0;
    resetHooks(engine, given);
    return removed;
  },
};

/** Whether that part is to be reset. */
export function resets(given: ResetOptions | undefined, part: 'cache' | 'hooks'): boolean {
  return given?.only === undefined || given.only.includes(part);
}

/** Refuses what cannot be done, before anything is. */
export function checkReset(engine: Engine, given: ResetOptions = {}): void {
  const { hooks = [] } = given;
  if (hooks.length > 0 && !resets(given, 'hooks'))
    throw new CacheError('INVALID_OPTION', `hooks: leave them out, or name 'hooks' in \`only\``);
  const known = engine.hooks?.names ?? [];
  for (const name of hooks) {
    if (known.includes(name)) continue;
    const message = `hooks: cache '${engine.name}' has no hook ${describe(name)}; ${suggestion(name, known)}`;
    throw new CacheError('INVALID_OPTION', message);
  }
}

/** The part of a reset that each node does for itself. */
export function resetHooks(engine: Engine, given: ResetOptions = {}): void {
  if (resets(given, 'hooks')) engine.hooks?.reset(given.hooks);
}
