import type { Methods } from '../action.ts';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { readOutcome } from '../outcome.ts';
import { isPromise } from '../promise.ts';

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** How many writes may be under way at a time. */
  readonly concurrency: number;
}

/** Writes what a warmer found, by `put`; answers how many entries. The first write that fails ends it. */
export async function writeWarmed(
  warmer: string,
  cache: Methods,
  found: unknown,
  { signal, concurrency }: WriteOptions,
): Promise<number> {
  const { store, value, ttl } = readOutcome(found);
  if (!store || value === undefined) return 0;
  const entries = iterableOf(warmer, value);
  const defaults = ttl === undefined ? undefined : { ttl };
  const underWay = new Set<Promise<unknown>>();
  let failed: { readonly error: unknown } | undefined;
  let written = 0;
  for await (const entry of entries) {
    signal.throwIfAborted();
    if (failed !== undefined) break;
    if (!Array.isArray(entry) || entry.length < 2 || entry.length > 3) {
      const message = `warmer '${warmer}': ${describe(entry)} is not [key, value] or [key, value, options]`;
      failed = { error: new CacheError('INVALID_OPTION', message) };
      break;
    }
    const [key, held, options] = entry as [unknown, unknown, object?];
    const answer = cache.put!(key, held, options ?? defaults);
    written += 1;
    if (!isPromise(answer)) continue;
    const writing: Promise<unknown> = Promise.resolve(answer).then(
      () => underWay.delete(writing),
      (error: unknown) => {
        underWay.delete(writing);
        failed ??= { error };
      },
    );
    underWay.add(writing);
    if (underWay.size >= concurrency) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  if (failed !== undefined) throw failed.error;
  return written;
}

function iterableOf(warmer: string, value: unknown): Iterable<unknown> | AsyncIterable<unknown> {
  const candidate = value as Partial<Iterable<unknown> & AsyncIterable<unknown>>;
  if (typeof candidate[Symbol.iterator] === 'function' && typeof value !== 'string')
    return value as Iterable<unknown>;
  if (typeof candidate[Symbol.asyncIterator] === 'function') return value as AsyncIterable<unknown>;
  throw new CacheError(
    'INVALID_OPTION',
    `warmer '${warmer}' found ${describe(value)}, not entries that can be iterated`,
  );
}
