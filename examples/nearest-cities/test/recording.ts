import type { ObservedCluster } from '../src/run-record.ts';
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

export const twoNodes: ObservedCluster = {
  nodes: [
    { id: 'a', port: 8000, statistics: { keys: 700, loads: 700, partitions: 2048, moving: 0 } },
    { id: 'b', port: 8001, statistics: { keys: 534, loads: 534, partitions: 2048, moving: 0 } },
  ],
  goneLoads: 0,
};
