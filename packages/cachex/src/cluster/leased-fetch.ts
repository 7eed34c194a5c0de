import type { Timer } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { describeKey } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Loader } from '../functions.ts';
import type { Load } from '../local/flights.ts';
import type { LoadResult } from '../local/loader-runs.ts';
import { type LoadOptions, withinSoftTimeout } from '../local/loads.ts';
import { type Caller, operationHandler } from './caller.ts';
import type { LeaseAnswer } from './operations/lease.ts';
import { settleLoad } from './settle-load.ts';

/** A lease is renewed so often in its time. */
const renewals = 3;
/** How long to try to give one up, in ms. */
const patience = 1_000;

/** One fetch with a loader that runs here, at the caller, if the owner of the key asks for that. */
export class LeasedFetch {
  readonly #caller: Caller;
  readonly #load: Load;
  readonly #loader: Loader<Key, unknown>;
  readonly #options: LoadOptions;
  /** What the loader has brought, which is answered even if the owner cannot be told of it in time. */
  #result: LoadResult | undefined;
  /** Nobody waits for the answer any more. */
  #over = false;

  constructor(caller: Caller, key: Key, hash: number, loader: Loader<Key, unknown>, options: LoadOptions) {
    this.#caller = caller;
    this.#load = caller.engine.loads.create(key, hash);
    this.#loader = loader;
    this.#options = options;
  }

  /** The held value. When time is up or the signal aborts this rejects, and a load that was begun goes on for the others. */
  async answer(): Promise<unknown> {
    const { settings } = this.#caller;
    const { signal } = settings;
    let abort = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(signal?.reason);
    });
    aborted.catch(() => {});
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#fetch(), aborted]);
    } finally {
      this.#over = true;
      signal?.removeEventListener('abort', abort);
    }
  }

  async #fetch(): Promise<unknown> {
    const [kind, held] = await this.#ask();
    if (kind === 'value') return held;
    if (this.#over) {
      this.#giveUp();
      return undefined;
    }
    const loaded = this.#run(kind === 'refresh');
    loaded.catch(() => {});
    if (kind === 'load') return this.#inTime(loaded);
    const { softTimeout = 0 } = this.#options;
    if (softTimeout === 0) return held;
    const { engine, remaining } = this.#caller;
    return withinSoftTimeout(engine, loaded, held, Math.min(softTimeout, remaining));
  }

  async #ask(): Promise<LeaseAnswer> {
    const { engine, remaining } = this.#caller;
    const { softTimeout, forceRefresh } = this.#options;
    const { key, hash, token } = this.#load;
    const limits = { softTimeout, forceRefresh };
    try {
      const args = [key, token, engine.loads.lease, limits];
      return (await this.#call('lease', hash, args, remaining)) as LeaseAnswer;
    } catch (error) {
      // It may have been granted all the same, unless somebody has said what became of it.
      if ((error as Error | undefined)?.name === 'RouterError') this.#giveUp();
      throw error;
    }
  }

  /** Runs the loader, renewing its lease until the result is at the owner. */
  async #run(refresh: boolean): Promise<unknown> {
    const { node, engine, values, name } = this.#caller;
    const load = this.#load;
    const lease = engine.loads.lease;
    let timer: Timer | undefined;
    const keep = (): void => {
      timer = node.clock.after(lease / renewals, () => {
        keep();
        this.#renew(lease, lease).then(
          // It goes on for its caller alone.
          (known) => known === true || timer?.cancel(),
          // The next one may get through.
          () => {},
        );
      });
    };
    keep();
    try {
      const result = await engine.loads.run(engine, load, this.#loader, this.#options, refresh, (outcome) => {
        this.#result = outcome;
        return settleLoad(node, engine, values, name, load, outcome);
      });
      return heldOf(result);
    } finally {
      timer?.cancel();
    }
  }

  /** The call has a deadline, as any other. */
  async #inTime(loaded: Promise<unknown>): Promise<unknown> {
    const { node, remaining } = this.#caller;
    let timer: Timer | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = node.clock.after(remaining, () => resolve('late'));
    });
    try {
      const first = await Promise.race([loaded.then((held) => [held] as const), late]);
      if (first !== 'late') return first[0];
      if (this.#result !== undefined) return heldOf(this.#result);
      const message = `fetch: the loader of ${describeKey(this.#load.key)} has not answered in time; it goes on`;
      throw new CacheError('TIMEOUT', message);
    } finally {
      timer?.cancel();
    }
  }

  /** Somebody else may want to load. If this does not get through, the lease runs out. */
  #giveUp(): void {
    this.#renew(0, patience).catch(() => {});
  }

  #renew(ms: number, timeout: number): Promise<unknown> {
    const { hash, token } = this.#load;
    return this.#call('renew', hash, [token, ms], timeout);
  }

  /** Calls of its own: they neither end with the signal of the fetch nor, but for the first, with its deadline. */
  #call(operation: string, hash: number, args: readonly unknown[], timeout: number): Promise<unknown> {
    const { node, name: service } = this.#caller;
    const handler = operationHandler(operation);
    return node.dispatch.call(hash, { service, handler, args, repeatable: true, reads: true, timeout });
  }
}

function heldOf(result: LoadResult): unknown {
  if (result.kind === 'failed') throw result.error;
  return result.held;
}
