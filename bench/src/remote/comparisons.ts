import type { Constant } from '../comparison.ts';
import type { Unit } from '../line.ts';
import type { NodeRuntime } from '../newest-node.ts';
import type { Measure } from './figures.ts';
import { type Load, nameOfLoad } from './load.ts';

/** One candidate under one load. */
export interface RemoteRun {
  readonly candidate: string;
  readonly load: Load;
  /** Default: the Node.js that runs this. */
  readonly node?: NodeRuntime;
}

/** What tells the processes of runs apart. */
export function sessionOf({ candidate, node }: RemoteRun): string {
  return node === undefined ? candidate : `${candidate}, ${node.name}`;
}

/** What tells runs apart. */
export function identityOfRun(run: RemoteRun): string {
  return `${sessionOf(run)}: ${nameOfLoad(run.load)}`;
}

/** A line to be. */
export interface RemoteComparison {
  readonly case: string;
  readonly measure: Measure;
  readonly unit: Unit;
  readonly ours: RemoteRun;
  readonly peer: RemoteRun | Constant;
  readonly peerName: string;
  readonly target?: number;
}

/** Ratios to reach by what is measured; what is measured without one is `undefined`. */
export type Targets = Readonly<Partial<Record<Measure, number | undefined>>>;

const measures: Readonly<Record<Measure, { readonly name: string; readonly unit: Unit }>> = {
  throughput: { name: '', unit: 'ops/s' },
  p50: { name: ', p50', unit: 'µs' },
  p99: { name: ', p99', unit: 'µs' },
  processor: { name: ', processors', unit: 'CPU s/M ops' },
};

/** One of ours beside a peer, by some measures. The peer has the same load unless another is named. */
export function beside(ours: RemoteRun, peer: RemoteRun, targets: Targets): RemoteComparison[] {
  return (Object.keys(targets) as Measure[]).map((measure) =>
    comparison(ours, measure, peer, peer.candidate, targets[measure]),
  );
}

/** One of ours beside what was recorded. */
export function besideRecorded(
  ours: RemoteRun,
  measure: Measure,
  recorded: number,
  peerName: string,
  target?: number,
): RemoteComparison {
  return comparison(ours, measure, { constant: recorded }, peerName, target);
}

function comparison(
  ours: RemoteRun,
  measure: Measure,
  peer: RemoteRun | Constant,
  peerName: string,
  target: number | undefined,
): RemoteComparison {
  const { name, unit } = measures[measure];
  return {
    case: `${nameOfLoad(ours.load)}: ${sessionOf(ours)}${name}`,
    ...{ measure, unit, ours, peer, peerName },
    ...(target === undefined ? {} : { target }),
  };
}
