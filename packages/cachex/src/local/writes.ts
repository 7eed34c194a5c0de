import type { Key } from '@cachex/router/hash';
import type { Traits } from '../portable.ts';
import type { Engine } from './engine.ts';
import { none } from './store.ts';

/**
 * What a transaction does to one key, in a form that can be sent: to give it a value, to change only what is known of its
 * entry, or to remove it. `kept`: its expiry and its tags stay as they are, whatever they are when this is written.
 */
export type Write =
  | readonly [what: 'put', hash: number, traits: Traits, kept: boolean, held: unknown]
  | readonly [what: 'mark', hash: number, traits: Traits, kept: boolean, touched: boolean]
  | readonly [what: 'remove', hash: number, key: readonly [key: Key]];

/** The key that is written to. */
export function writtenKey(write: Write): Key {
  return write[2][0];
}

/** Fails where a value cannot be measured, and changes nothing: all of a transaction is written, or nothing. */
export function checkWrites(engine: Engine, writes: readonly Write[]): void {
  engine.checkSizes(writes.flatMap((write) => (write[0] === 'put' ? [[writtenKey(write), write[4]]] : [])));
}

/** Does what a transaction has decided, and counts it: each entry once. */
export function applyWrites(engine: Engine, writes: readonly Write[]): void {
  checkWrites(engine, writes);
  for (const write of writes) {
    const counter = applyWrite(engine, write);
    if (counter !== undefined) engine.statistics?.add(counter);
  }
}

function applyWrite(engine: Engine, write: Write): 'writes' | 'updates' | 'removals' | undefined {
  const [what, hash] = write;
  const key = writtenKey(write);
  if (what === 'remove') return engine.discard(key, hash) ? 'removals' : undefined;
  const [, , traits, kept] = write;
  const [, , remaining, ttl] = traits;
  // Its time is over already: nobody may see it.
  if (!kept && remaining !== null && remaining <= 0)
    return engine.discard(key, hash) ? 'removals' : undefined;
  const slot = engine.peek(key, hash);
  if (what === 'put') {
    // One that has expired meanwhile does not come back, nor does its older value as a stale one; one that never expires may
    // have been evicted.
    if (kept && slot === none && remaining !== null) {
      engine.discard(key, hash);
      return undefined;
    }
    if (kept && slot !== none) {
      engine.replace(slot, write[4]);
      return 'updates';
    }
    engine.restore(hash, write[4], written(traits));
    return 'writes';
  }
  if (slot === none) return undefined;
  if (write[4]) engine.touch(slot);
  if (!kept) engine.setExpiry(slot, remaining, ttl);
  return 'updates';
}

/** What a transaction writes is written when it is committed. */
function written([key, , ...rest]: Traits): Traits {
  return [key, 0, ...rest];
}
