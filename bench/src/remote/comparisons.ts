import type { Unit } from '../line.ts';
import type { Measure } from './figures.ts';
import type { Load } from './load.ts';
import { nameOfLoad } from './load.ts';

/** One candidate under one load. */
export interface RemoteRun {
  readonly candidate: string;
  readonly load: Load;
}

/** What tells runs apart. */
export function identityOfRun({ candidate, load }: RemoteRun): string {
  return JSON.stringify([candidate, load.operation, load.inFlight, load.bytes]);
}

/** A line to be. */
export interface RemoteComparison {
  readonly case: string;
  readonly measure: Measure;
  readonly unit: Unit;
  readonly ours: RemoteRun;
  readonly peer: RemoteRun;
  readonly peerName: string;
  readonly target?: number;
}

export const units: Readonly<Record<Measure, Unit>> = {
  throughput: 'ops/s',
  p50: 'µs',
  p99: 'µs',
  processor: 'CPU s/M ops',
};

const measureNames: Readonly<Record<Measure, string>> = {
  throughput: '',
  p50: ': p50',
  p99: ': p99',
  processor: ': processors',
};

/** Ours beside a peer under a load, by some measures, each with the ratio to reach if there is one. */
export function beside(
  load: Load,
  ours: string,
  peer: string,
  measures: Partial<Record<Measure, number | undefined>>,
): RemoteComparison[] {
  return (Object.keys(measures) as Measure[]).map((measure) => {
    const target = measures[measure];
    return {
      case: `${nameOfLoad(load)}, ${ours}${measureNames[measure]}`,
      ...{ measure, unit: units[measure] },
      ours: { candidate: ours, load },
      peer: { candidate: peer, load },
      peerName: peer,
      ...(target === undefined ? {} : { target }),
    };
  });
}
