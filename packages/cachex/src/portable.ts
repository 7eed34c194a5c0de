import type { Key } from '@cachex/router/hash';
import type { Entry } from './local/store.ts';

/**
 * An entry without its value and free of any clock: instants are the time, in ms, that has passed or is left. This is how
 * entries are read by others, stored by others, and kept in files; what is added is added at the end.
 */
export type Traits = readonly [
  key: Key,
  /** Since it was last written or touched. */
  age: number,
  /** Until it expires; `null` never. */
  remaining: number | null,
  /** Its own time to live, which `refresh` starts anew. */
  ttl: number | null,
];

export function traitsOf({ key, modified, expires, ttl }: Readonly<Entry>, now: number): Traits {
  return [key, now - modified, expires === Number.POSITIVE_INFINITY ? null : expires - now, ttl];
}

/** The same after `ms` more; `undefined` once its time has come. */
export function aged(traits: Traits, ms: number): Traits | undefined {
  const [key, age, remaining, ttl] = traits;
  if (remaining === null) return [key, Math.max(0, age + ms), null, ttl];
  return remaining - ms > 0 ? [key, Math.max(0, age + ms), remaining - ms, ttl] : undefined;
}

/** About how many bytes a key takes when it is sent. */
export function keySize(key: Key): number {
  if (typeof key === 'string') return 5 + 3 * key.length;
  if (typeof key === 'bigint') return 16 + Math.ceil(key.toString(16).length / 2);
  if (typeof key !== 'object' || key === null) return 9;
  return key.reduce((total: number, element) => total + keySize(element), 5);
}
