import type { Duration } from './duration.ts';
import { tagList } from './local/tags.ts';
import { optionsParameter, timeToLive } from './parameters.ts';

/** Shared by all copies of this package in a process, so that a loader may use another copy than the cache. */
const kind: unique symbol = Symbol.for('cachex.outcome');

/** What a loader returns when a bare value does not say enough; made by {@link commit} and {@link ignore}. */
export interface Outcome<V> {
  readonly [kind]: 'commit' | 'ignore';
  readonly value: V;
  /** Time to live in milliseconds, `null` for ever; absent: that of the call, then that of the cache. */
  readonly ttl?: number | null;
  /** Absent: those of the call. */
  readonly tags?: readonly string[];
}

/** Options of `commit`. */
export interface CommitOptions {
  /** Time to live, in milliseconds or as a duration string; `null` never expires. Default: that of the `fetch`. */
  ttl?: Duration | null;
  /** What `invalidateTag` finds the entry by, for example what it was made of. Default: those of the `fetch`. */
  tags?: readonly string[];
}

const commitOptions = optionsParameter<{ ttl?: number | null; tags?: readonly string[] }>({
  ttl: timeToLive,
  tags: tagList,
});

/** For loaders: answers `value` and stores it, `undefined` included, with its own time to live and tags if they are given. */
export function commit<V>(value: V, options?: CommitOptions): Outcome<V> {
  return { [kind]: 'commit', value, ...commitOptions.check(options) };
}

/** For loaders: answers `value` to everyone who waits and stores nothing. */
export function ignore<V>(value: V): Outcome<V> {
  return { [kind]: 'ignore', value };
}

/** What a loader's result asks for: a bare value is committed, a bare `undefined` is not. */
export function readOutcome(result: unknown): {
  store: boolean;
  value: unknown;
  ttl: number | null | undefined;
  tags: readonly string[] | undefined;
} {
  if (!isOutcome(result))
    return { store: result !== undefined, value: result, ttl: undefined, tags: undefined };
  return { store: result[kind] === 'commit', value: result.value, ttl: result.ttl, tags: result.tags };
}

/** Whether something was made by {@link commit} or {@link ignore}. */
export function isOutcome(result: unknown): result is Outcome<unknown> {
  return typeof result === 'object' && result !== null && kind in result;
}
