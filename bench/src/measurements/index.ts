import { setTimeout } from 'node:timers/promises';
import type { Candidate, SyncCandidate } from '../candidate.ts';
import { verify } from '../verify.ts';
import { type BlockSettings, measureBlock } from './block.ts';
import { type BytesSettings, measureBytes } from './bytes.ts';
import { type LiveSettings, measureLive } from './live.ts';
import { measureTime, type TimeSettings } from './time.ts';

/** What a process measures of its one candidate. */
export type Measurement =
  | ({ readonly kind: 'time' } & TimeSettings)
  | ({ readonly kind: 'bytes' } & BytesSettings)
  | ({ readonly kind: 'block' } & BlockSettings)
  | ({ readonly kind: 'live' } & LiveSettings)
  /** Nothing: it only sees whether the candidate does what is to be measured. */
  | { readonly kind: 'verify' };

/** The figure. */
export async function measure(candidate: Candidate, measurement: Measurement): Promise<number> {
  switch (measurement.kind) {
    case 'verify':
      await verify(candidate, setTimeout);
      return 0;
    case 'time':
      return measureTime(candidate, measurement);
    case 'bytes':
      return measureBytes(synchronous(candidate), measurement);
    case 'block':
      return measureBlock(synchronous(candidate), measurement);
    case 'live':
      return measureLive(synchronous(candidate), measurement);
  }
}

function synchronous(candidate: Candidate): SyncCandidate {
  if (candidate.style === 'sync') return candidate;
  throw new Error(`${candidate.name} is measured in time only: its operations are asynchronous`);
}
