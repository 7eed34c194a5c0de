import type { Key } from '@cachex/router/hash';
import type { Engine } from './engine.ts';

/**
 * What a transaction does to one key, in a form that can be sent: to give it a value, to change only what is known of its
 * entry, or to remove it. `remaining`, in ms, and `null` for ever, is `undefined` where the expiry stays as it is.
 */
export type Write =
  | readonly [
      what: 'put',
      key: Key,
      hash: number,
      held: unknown,
      remaining: number | null | undefined,
      ttl: number | null,
    ]
  | readonly [
      what: 'mark',
      key: Key,
      hash: number,
      touched: boolean,
      remaining: number | null | undefined,
      ttl: number | null,
    ]
  | readonly [what: 'remove', key: Key, hash: number];

/** Does what a transaction has decided, and counts it: each entry once. */
export function applyWrites(engine: Engine, writes: readonly Write[]): void {
  for (const write of writes) {
    const counter = applyWrite(engine, write);
    if (counter !== undefined) engine.statistics?.add(counter);
  }
}

function applyWrite(engine: Engine, write: Write): 'writes' | 'updates' | 'removals' | undefined {
  const [what, key, hash] = write;
  if (what === 'remove') return engine.discard(key, hash) ? 'removals' : undefined;
  const [, , , , remaining, ttl] = write;
  if (what === 'put' && remaining !== undefined) {
    // Its time is over already: nobody may see it.
    if (remaining !== null && remaining <= 0) return engine.discard(key, hash) ? 'removals' : undefined;
    engine.write(key, hash, write[3], remaining, ttl);
    return 'writes';
  }
  const entry = engine.peek(key, hash);
  if (entry === undefined) {
    // One that has expired meanwhile does not come back; one that never does may have been evicted.
    if (what !== 'put' || ttl !== null) return undefined;
    engine.write(key, hash, write[3], null);
    return 'writes';
  }
  if (what === 'put') {
    engine.loads.overtake(key, hash);
    engine.replace(entry, write[3]);
    return 'updates';
  }
  if (remaining !== undefined && remaining !== null && remaining <= 0) {
    engine.remove(entry);
    return 'removals';
  }
  if (write[3]) engine.touch(entry);
  if (remaining !== undefined) engine.setExpiry(entry, remaining, ttl);
  return 'updates';
}
