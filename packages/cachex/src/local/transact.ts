import { hashKey, type Key } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import { isPromise } from '../promise.ts';
import { Draft, entriesOf, inOrder } from './draft.ts';
import { closedError, type Engine } from './engine.ts';
import type { KeyRef } from './locks.ts';
import { none } from './store.ts';
import { applyWrites } from './writes.ts';

/**
 * A transaction in one process. A function that answers at once cannot be disturbed. What one that answers a promise has
 * done is written only if the entries of its keys are still those it began with; otherwise it runs again.
 */
export function transactHere(engine: Engine, keys: readonly Key[], work: (tx: Methods) => unknown): unknown {
  const named = inOrder(keys, hashKey, engine.store.partitions);
  const begun = begin(engine, named);
  const { draft } = begun;
  let result: unknown;
  try {
    result = work(draft.methods);
  } catch (error) {
    draft.end();
    throw error;
  }
  if (isPromise(result)) return unlessChanged(engine, named, work, begun, result);
  commit(engine, draft);
  return result;
}

/** A draft, and whether the entries of the cache are still those that it was made of. */
interface Begun {
  readonly draft: Draft;
  unchanged(): boolean;
}

async function unlessChanged(
  engine: Engine,
  keys: readonly KeyRef[],
  work: (tx: Methods) => unknown,
  first: Begun,
  started: PromiseLike<unknown>,
): Promise<unknown> {
  let { draft, unchanged } = first;
  try {
    for (let pending: unknown = started; ; pending = work(draft.methods)) {
      const result = await pending;
      if (engine.closed || unchanged()) {
        commit(engine, draft);
        return result;
      }
      draft.end();
      ({ draft, unchanged } = begin(engine, keys));
    }
  } finally {
    draft.end();
  }
}

function begin(engine: Engine, keys: readonly KeyRef[]): Begun {
  const draft = new Draft(engine, keys, entriesOf(engine, keys));
  const states = (): unknown[] =>
    keys.flatMap(({ key, hash }) => {
      const slot = engine.peek(key, hash);
      if (slot === none) return [undefined, undefined, undefined];
      const { store } = engine;
      return [store.version(slot), store.expires(slot), store.modified(slot)];
    });
  const before = states();
  return { draft, unchanged: () => states().every((state, n) => state === before[n]) };
}

function commit(engine: Engine, draft: Draft): void {
  const writes = draft.writes();
  draft.end();
  if (engine.closed) throw closedError(engine.name);
  applyWrites(engine, writes);
}
