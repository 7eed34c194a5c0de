import type { Key } from '@cachex/router/hash';
import type { Engine } from './engine.ts';
import { none } from './store.ts';

/**
 * Gives a key a new held value, and counts that. An entry that is there keeps its expiry unless `ttl` is given; one that is
 * not is created with `ttl`, or the cache's default.
 */
export function assign(engine: Engine, key: Key, hash: number, held: unknown, ttl?: number | null): void {
  const slot = engine.peek(key, hash);
  if (slot === none) {
    engine.write(key, hash, held, ttl);
  } else {
    // Where there is a limit it may have to go for its new size.
    const kept = engine.replace(slot, held);
    if (kept && ttl !== undefined) engine.setExpiry(slot, ttl);
  }
  engine.statistics?.add(slot === none ? 'writes' : 'updates');
}
