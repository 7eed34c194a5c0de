import type { ObservedNode } from '../src/run-record.ts';
import { Tally } from '../src/tally.ts';

export interface Outcomes {
  readonly hits?: readonly number[];
  readonly waits?: readonly number[];
  readonly errors?: number;
}

export function tallyOf({ hits = [], waits = [], errors = 0 }: Outcomes): Tally {
  const tally = new Tally();
  for (const ms of hits) tally.hits.record(ms);
  for (const ms of waits) tally.waits.record(ms);
  tally.errors = errors;
  return tally;
}

export const twoNodes: readonly ObservedNode[] = [
  { id: 'a', port: 8000, statistics: { keys: 700, loads: 700 } },
  { id: 'b', port: 8001, statistics: { keys: 534, loads: 534 } },
];
