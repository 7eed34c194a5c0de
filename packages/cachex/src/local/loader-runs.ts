import type { Key } from '@cachex/router/hash';
import { describeKey } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Loader } from '../functions.ts';
import { readOutcome } from '../outcome.ts';
import type { Engine } from './engine.ts';
import type { Load } from './flights.ts';

/** How a load ended. */
export type LoadResult =
  | {
      readonly kind: 'loaded';
      readonly held: unknown;
      readonly store: boolean;
      readonly ttl: number | null | undefined;
      /** For how long it is kept after that, in ms. */
      readonly staleFor?: number | undefined;
      readonly tags?: readonly string[] | undefined;
    }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What a loader runs with. */
export interface RunOptions {
  /** For a result that brings none of its own; `undefined`: the cache's default. */
  readonly ttl?: number | null;
  /** In ms. */
  readonly staleFor?: number;
  /** For a result that brings none of its own. */
  readonly tags?: readonly string[];
  /** After how many ms the loader is given up. */
  readonly hardTimeout?: number;
}

/** The loaders that run in this process. */
export class LoaderRuns {
  readonly #running = new Set<AbortController>();
  #idle: (() => void)[] = [];

  /**
   * Runs a loader, gives its result to `handOver`, and answers it; never rejects. What `handOver` fails with is reported: it
   * is no reason to keep the result from those who wait for it here. The run is over once the result is handed over.
   */
  async run(
    engine: Engine,
    load: Load,
    loader: Loader<Key, unknown>,
    options: RunOptions,
    handOver: (result: LoadResult) => void | Promise<void>,
  ): Promise<LoadResult> {
    const controller = new AbortController();
    this.#running.add(controller);
    try {
      const result = await outcomeOf(engine, load, loader, options, controller);
      try {
        await handOver(result);
      } catch (error) {
        engine.events.error(error);
      }
      return result;
    } finally {
      this.#running.delete(controller);
      for (const wake of this.#idle.splice(0)) wake();
    }
  }

  /** Resolves when no loader runs here any more, and all results are handed over. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Aborts every loader. */
  close(reason: CacheError): void {
    for (const controller of this.#running) controller.abort(reason);
  }
}

/** An aborted loader has failed, whether it cares or not. */
async function outcomeOf(
  engine: Engine,
  { key }: Load,
  loader: Loader<Key, unknown>,
  options: RunOptions,
  controller: AbortController,
): Promise<LoadResult> {
  const { signal } = controller;
  const { hardTimeout, ttl, staleFor, tags } = options;
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  const timer =
    hardTimeout === undefined
      ? undefined
      : engine.clock.after(hardTimeout, () => controller.abort(lateError(key, hardTimeout)));
  try {
    const outcome = readOutcome(await Promise.race([loader(key, { signal }), aborted]));
    const held = outcome.store || outcome.value !== undefined ? engine.hold(outcome.value) : undefined;
    return {
      kind: 'loaded',
      held,
      store: outcome.store,
      ttl: outcome.ttl === undefined ? ttl : outcome.ttl,
      staleFor,
      tags: outcome.tags ?? tags,
    };
  } catch (error) {
    return { kind: 'failed', error };
  } finally {
    timer?.cancel();
  }
}

function lateError(key: Key, ms: number): CacheError {
  const message = `hardTimeout: the loader of ${describeKey(key)} has not answered within ${ms} ms`;
  return new CacheError('TIMEOUT', message);
}
