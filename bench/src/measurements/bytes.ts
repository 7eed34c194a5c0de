import type { SyncCandidate } from '../candidate.ts';
import { freshKey } from '../keys.ts';
import { newValue } from '../values.ts';

export interface BytesSettings {
  readonly entries: number;
}

/** Bytes an entry, its key and its value included: what is in use after a garbage collection, on the heap and beside it. */
export function measureBytes(candidate: SyncCandidate, { entries }: BytesSettings): number {
  const before = used();
  const cache = candidate.open(entries);
  for (let id = 0; id < entries; id += 1) cache.put(freshKey(id), newValue(id));
  const after = used();
  // Also keeps the cache alive until here.
  for (const id of [0, entries - 1]) {
    if (cache.get(freshKey(id)) === undefined) throw new Error(`${candidate.name} has lost an entry`);
  }
  return (after - before) / entries;
}

function used(): number {
  if (globalThis.gc === undefined) throw new Error('bytes are measured with --expose-gc');
  // Twice: what the first one finalises, the second one collects.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
