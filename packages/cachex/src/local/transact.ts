import { hashKey, type Key } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import { isPromise } from '../promise.ts';
import { Draft, inOrder } from './draft.ts';
import { closedError, type Engine } from './engine.ts';
import type { KeyRef } from './locks.ts';
import type { Entry } from './store.ts';
import { applyWrites } from './writes.ts';

/**
 * A transaction in one process. A function that answers at once cannot be disturbed. What one that answers a promise has
 * done is written only if the entries of its keys are still those it began with; otherwise it runs again.
 */
export function transactHere(engine: Engine, keys: readonly Key[], work: (tx: Methods) => unknown): unknown {
  const named = inOrder(keys, hashKey, engine.store.partitions);
  const draft = begin(engine, named);
  let result: unknown;
  try {
    result = work(draft.methods);
  } catch (error) {
    draft.end();
    throw error;
  }
  if (isPromise(result)) return unlessChanged(engine, named, work, draft, result);
  commit(engine, draft);
  return result;
}

async function unlessChanged(
  engine: Engine,
  keys: readonly KeyRef[],
  work: (tx: Methods) => unknown,
  first: Draft,
  begun: PromiseLike<unknown>,
): Promise<unknown> {
  let draft = first;
  try {
    for (let pending: unknown = begun; ; pending = work(draft.methods)) {
      const result = await pending;
      if (draft.unchanged(engine, keys)) {
        commit(engine, draft);
        return result;
      }
      draft.end();
      draft = begin(engine, keys);
    }
  } finally {
    draft.end();
  }
}

function begin(engine: Engine, keys: readonly KeyRef[]): Draft {
  const entries = keys
    .map(({ key, hash }) => engine.find(key, hash))
    .filter((entry): entry is Entry => entry !== undefined);
  return new Draft(engine, keys, entries);
}

function commit(engine: Engine, draft: Draft): void {
  const writes = draft.writes();
  draft.end();
  if (engine.closed) throw closedError(engine.name);
  applyWrites(engine, writes);
}
