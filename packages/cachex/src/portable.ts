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
  /** For how long it is kept as a stale one after that. Default: 0. */
  staleFor?: number,
  tags?: readonly string[],
];

export function traitsOf(entry: Readonly<Entry>, now: number): Traits {
  const { key, modified, expires, ttl, staleFor, tags } = entry;
  const remaining = expires === Number.POSITIVE_INFINITY ? null : expires - now;
  if (tags !== undefined) return [key, now - modified, remaining, ttl, staleFor, tags];
  return staleFor > 0
    ? [key, now - modified, remaining, ttl, staleFor]
    : [key, now - modified, remaining, ttl];
}

/** The same after `ms` more; `undefined` once its time has come. */
export function aged(traits: Traits, ms: number): Traits | undefined {
  const [key, age, remaining, ...rest] = traits;
  if (remaining === null) return [key, Math.max(0, age + ms), null, ...rest];
  return remaining - ms > 0 ? [key, Math.max(0, age + ms), remaining - ms, ...rest] : undefined;
}

/** About how many bytes a key takes when it is sent. */
export function keySize(key: Key): number {
  if (typeof key === 'string') return 5 + 3 * key.length;
  if (typeof key === 'bigint') return 16 + Math.ceil(key.toString(16).length / 2);
  if (typeof key !== 'object' || key === null) return 9;
  return key.reduce((total: number, element) => total + keySize(element), 5);
}

/** How many bytes an entry takes beside its key, its tags and its value, at most. */
const overhead = 96;

/** About how many bytes an entry takes when it is sent, rather too many than too few, with a value of so many. */
export function entrySize([key, , , , , tags]: Traits, valueBytes: number): number {
  return overhead + keySize(key) + (tags === undefined ? 0 : keySize(tags)) + valueBytes;
}
