import type { CallerAction, CallOptions, Mode } from '../action.ts';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import { flag, optionsParameter } from '../parameters.ts';
import { names } from './reset.ts';

/** Options of `warm`. */
export interface WarmOptions {
  /** The names of the warmers to run. Default: all of them. */
  only?: readonly string[];
  /** Whether to answer when they have run, and to reject with the error of one that failed. Default: `false`. */
  wait?: boolean;
}

export interface Warm<M extends Mode> {
  /**
   * Runs warmers now, whenever they ran last; one that is running is not run twice. Answers the names of those that run,
   * at once, or with `wait` when all of them have ended. A name that no warmer has: `INVALID_OPTION`.
   *
   * In a cluster each runs at one node, the owner of its name. Rejects also with `UNKNOWN_FUNCTION` if that node was not
   * given the warmer, and with `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  warm(options?: WarmOptions & CallOptions[M]): Promise<string[]>;
}

export const warm: CallerAction<[options: WarmOptions | undefined], Promise<string[]>> = {
  name: 'warm',
  effect: 'write',
  repeatable: false,
  route: { kind: 'caller' },
  parameters: [optionsParameter<WarmOptions>({ only: names, wait: flag })],
  result: 'plain',
  answers: 'promise',
  async execute(engine, _cache, options) {
    const chosen = chosenWarmers(engine, options);
    const runs = chosen.map((name) => engine.warmers!.begin(name, true));
    if (options?.wait === true) await all(chosen.map((name, n) => engine.warmers!.wait(name, runs[n]!)));
    return chosen;
  },
};

/** The names of the warmers that are to run; a name that there is not is refused. */
export function chosenWarmers(engine: Engine, options: WarmOptions = {}): string[] {
  const known = engine.warmers?.names ?? [];
  for (const name of options.only ?? []) {
    if (known.includes(name)) continue;
    const message = `only: cache '${engine.name}' has no warmer ${describe(name)}; ${suggestion(name, known)}`;
    throw new CacheError('INVALID_OPTION', message);
  }
  return [...new Set(options.only ?? known)];
}

/** Waits for all of them to end, and then rejects as the first one that failed. */
export async function all(work: readonly Promise<unknown>[]): Promise<void> {
  for (const settled of await Promise.allSettled(work))
    if (settled.status === 'rejected') throw settled.reason;
}
