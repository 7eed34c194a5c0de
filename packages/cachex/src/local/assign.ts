import type { Key } from '@cachex/router/hash';
import type { Engine } from './engine.ts';

/**
 * Gives a key a new held value, and counts that. An entry that is there keeps its expiry unless `ttl` is given; one that is
 * not is created with `ttl`, or the cache's default.
 */
export function assign(engine: Engine, key: Key, hash: number, held: unknown, ttl?: number | null): void {
  const entry = engine.peek(key, hash);
  if (entry === undefined) {
    engine.write(key, hash, held, ttl);
  } else {
    engine.replace(entry, held);
    if (ttl !== undefined) engine.setExpiry(entry, ttl);
  }
  engine.statistics?.add(entry === undefined ? 'writes' : 'updates');
}
