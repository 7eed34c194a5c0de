import type { Candidate } from '../candidate.ts';
import { type Setting, standardEntries } from './setting.ts';

/** The ratios to reach: what cachex set out to be. */
export const targets = {
  freshHit: { Map: 1, 'lru-cache with ttl': 2.5 },
  /** V8 keeps the hash within a string that it has hashed, which only favours a `Map`. */
  reusedHit: { Map: 1 / 2 },
  overwrite: { 'lru-cache with ttl': 2 },
  insert: { 'lru-cache with ttl': 3 },
  /** Than each that has both a time to live and a limit. */
  comparable: 1,
  stats: 1 / 1.3,
  hook: 1 / 2,
  recorded: 15,
} as const;

/** The ratio to reach beside that peer, if there is one. */
export function targetOf({ mix, keys, entries }: Setting, peer: Candidate): number | undefined {
  if (entries !== standardEntries || keys === 'integer') return undefined;
  const comparable = peer.ttl && peer.limit ? targets.comparable : undefined;
  if (mix === 'zipf') return comparable;
  if (mix === 'hit' && keys === 'reused') return named(targets.reusedHit, peer) ?? comparable;
  if (keys === 'reused' || mix === 'miss') return undefined;
  return named(mix === 'hit' ? targets.freshHit : targets[mix], peer);
}

function named(table: Readonly<Record<string, number>>, { name }: Candidate): number | undefined {
  return table[name];
}
