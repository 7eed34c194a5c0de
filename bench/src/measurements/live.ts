import type { SyncCandidate } from '../candidate.ts';
import { freshKey } from '../keys.ts';
import { sharedValues } from '../values.ts';

export interface LiveSettings {
  readonly entries: number;
}

/** How many more entries are put once all are there, as a share. */
const churn = 0.2;

/** How many entries are there after as many were put, and a fifth more; fewer if the candidate could not take them. */
export function measureLive(candidate: SyncCandidate, { entries }: LiveSettings): number {
  const cache = candidate.open(entries);
  const value = sharedValues();
  const last = Math.floor(entries * (1 + (candidate.limit ? churn : 0)));
  let put = 0;
  try {
    for (; put < last; put += 1) cache.put(freshKey(put), value(put));
  } catch (error) {
    // A Map can hold 2^24 entries.
    if (!(error instanceof RangeError)) throw error;
  }
  let live = 0;
  for (let id = 0; id < put; id += 1) if (cache.get(freshKey(id)) !== undefined) live += 1;
  return live;
}
