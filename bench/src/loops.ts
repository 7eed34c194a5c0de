import type { AsyncCache, Key, SyncCache } from './candidate.ts';

// Each process runs one of these with one candidate, so that the calls in it have one target. What they answer is counted,
// and the count is checked: nothing can be optimised away.

/** How many of the keys were found. */
export function getAll(cache: SyncCache, keys: readonly Key[]): number {
  let found = 0;
  for (let n = 0; n < keys.length; n += 1) {
    if (cache.get(keys[n]!) !== undefined) found += 1;
  }
  return found;
}

/** Puts all of the keys; answers how many those were. */
export function putAll(cache: SyncCache, keys: readonly Key[], values: readonly unknown[]): number {
  for (let n = 0; n < keys.length; n += 1) cache.put(keys[n]!, values[n]);
  return keys.length;
}

/** Puts where `writes` says so; gets the others, and puts what is not there. Answers how many were found. */
export function readThrough(
  cache: SyncCache,
  keys: readonly Key[],
  values: readonly unknown[],
  writes: Uint8Array,
): number {
  let found = 0;
  for (let n = 0; n < keys.length; n += 1) {
    const key = keys[n]!;
    if (writes[n] === 1) cache.put(key, values[n]);
    else if (cache.get(key) !== undefined) found += 1;
    else cache.put(key, values[n]);
  }
  return found;
}

/** {@link getAll}, awaiting each. */
export async function getAllAsync(cache: AsyncCache, keys: readonly Key[]): Promise<number> {
  let found = 0;
  for (let n = 0; n < keys.length; n += 1) {
    if ((await cache.get(keys[n]!)) !== undefined) found += 1;
  }
  return found;
}

/** {@link putAll}, awaiting each. */
export async function putAllAsync(
  cache: AsyncCache,
  keys: readonly Key[],
  values: readonly unknown[],
): Promise<number> {
  for (let n = 0; n < keys.length; n += 1) await cache.put(keys[n]!, values[n]);
  return keys.length;
}

/** {@link readThrough}, awaiting each. */
export async function readThroughAsync(
  cache: AsyncCache,
  keys: readonly Key[],
  values: readonly unknown[],
  writes: Uint8Array,
): Promise<number> {
  let found = 0;
  for (let n = 0; n < keys.length; n += 1) {
    const key = keys[n]!;
    if (writes[n] === 1) await cache.put(key, values[n]);
    else if ((await cache.get(key)) !== undefined) found += 1;
    else await cache.put(key, values[n]);
  }
  return found;
}
