import type { SyncCache, SyncCandidate } from '../candidate.ts';
import { freshKey } from '../keys.ts';
import { putAll } from '../loops.ts';
import { Pauses } from '../pauses.ts';
import { sharedValues } from '../values.ts';

export interface BlockSettings {
  readonly entries: number;
  /** Whether everything expires at once in the end. */
  readonly expiring: boolean;
}

/** So many puts between two looks at the clock: few, so that a slice is not long because there are many of them. */
const operations = 50;
/** How many more entries are put once the cache is full, as a share. */
const churn = 0.2;
/** For how many turns of the event loop nothing may be removed before we give up. */
const patience = 10_000_000;

/** The longest block of the event loop, in ms: filling, then churning and, for `expiring`, everything expiring at once. */
export async function measureBlock(candidate: SyncCandidate, settings: BlockSettings): Promise<number> {
  const { entries, expiring } = settings;
  const ageing = expiring ? candidate.openAgeing?.(entries) : undefined;
  if (expiring && ageing === undefined) throw new Error(`${candidate.name} cannot grow old at will`);
  const cache = ageing?.cache ?? candidate.open(entries);
  const pauses = new Pauses();
  fill(cache, entries, pauses);
  if (ageing !== undefined) {
    ageing.age();
    for (let turn = 0; ageing.size() > 0; turn += 1) {
      if (turn > patience) throw new Error(`${candidate.name} keeps what has expired`);
      await pauses.turn();
    }
  }
  return pauses.longest();
}

function fill(cache: SyncCache, entries: number, pauses: Pauses): void {
  const value = sharedValues();
  for (let from = 0; from < entries * (1 + churn); from += operations) {
    const ids = Array.from({ length: operations }, (_, n) => from + n);
    const keys = ids.map(freshKey);
    const values = ids.map(value);
    pauses.slice(() => {
      putAll(cache, keys, values);
    });
  }
}
