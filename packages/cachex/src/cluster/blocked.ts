import type { Key } from '@cachex/router/hash';
import type { Action } from '../action.ts';
import type { Engine } from '../local/engine.ts';
import type { KeyRef } from '../local/locks.ts';
import { none } from '../local/store.ts';

/**
 * What a call to the owner of its keys must wait for before it is executed: a promise after which it is to be judged
 * again, or nothing. Writes wait while a key of theirs is locked, and reads while what a transaction will write to it is
 * staged. Calls about all entries do not wait.
 */
export function blocked(
  engine: Engine,
  action: Action,
  hash: number,
  args: readonly unknown[],
  deadline: number,
): Promise<void> | undefined {
  if (engine.locks === undefined || engine.locks.free) return undefined;
  return blockedKeys(engine, action, keysOf(action, hash, args), deadline);
}

/** The same for keys that are known. */
export function blockedKeys(
  engine: Engine,
  action: Pick<Action, 'effect' | 'readsPresent'>,
  keys: readonly KeyRef[],
  deadline: number,
): Promise<void> | undefined {
  const { locks } = engine;
  if (locks === undefined || locks.free) return undefined;
  for (const ref of keys) {
    const { key, hash } = ref;
    if (!locks.blocks(key, action.effect)) continue;
    // Who only reads what is there is not held up by a lock, but by what is staged.
    const present = action.readsPresent === true && engine.peek(key, hash) !== none;
    const reads = action.effect === 'read' || present;
    if (reads && !locks.blocks(key, 'read')) continue;
    return locks.wait(ref, deadline, undefined, reads);
  }
  return undefined;
}

function keysOf({ route }: Action, hash: number, args: readonly unknown[]): readonly KeyRef[] {
  return route.kind === 'keyed' ? [{ key: args[route.key] as Key, hash }] : [];
}
