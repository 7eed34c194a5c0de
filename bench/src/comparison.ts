import { type Line, ratioOf, type Unit } from './line.ts';
import { identityOf, type Run } from './run.ts';

/** A figure that is not measured here. */
export interface Constant {
  readonly constant: number;
}

/** A line to be, with what has to be measured for it. */
export interface Comparison {
  readonly case: string;
  readonly unit: Unit;
  readonly ours: Run;
  readonly peer: Run | Constant;
  readonly peerName: string;
  readonly target?: number;
  /** Makes figures in `unit` of what runs measure, where that is not the same. */
  readonly convert?: (measured: number) => number;
}

/** What has to be measured for some comparisons, each once. */
export function runsOf(comparisons: readonly Comparison[]): Run[] {
  const runs = new Map<string, Run>();
  for (const { ours, peer } of comparisons) {
    for (const run of 'constant' in peer ? [ours] : [ours, peer]) runs.set(identityOf(run), run);
  }
  return [...runs.values()];
}

/** The line of a comparison, once its runs are measured. */
export function lineOf(suite: string, comparison: Comparison, figures: ReadonlyMap<string, number>): Line {
  const { convert = (measured: number) => measured } = comparison;
  const figure = (run: Run): number => convert(figures.get(identityOf(run))!);
  const { ours, peer } = comparison;
  return lineWith(suite, comparison, figure(ours), 'constant' in peer ? peer.constant : figure(peer));
}

/** A line, of its figures. */
export function lineWith(
  suite: string,
  { case: name, unit, peerName, target }: Pick<Comparison, 'case' | 'unit' | 'peerName' | 'target'>,
  ours: number,
  peer: number,
): Line {
  return {
    suite,
    case: name,
    ours: rounded(ours),
    peer: rounded(peer),
    peerName,
    ratio: rounded(ratioOf(unit, ours, peer)),
    unit,
    ...(target === undefined ? {} : { target: rounded(target) }),
  };
}

/** More digits would tell nothing. */
function rounded(figure: number): number {
  return Number(figure.toPrecision(4));
}

/** Whether `--only` wants it. */
export function wanted(
  suite: string,
  { case: name, peerName }: Pick<Line, 'case' | 'peerName'>,
  only = '',
): boolean {
  return `${suite} ${name} ${peerName}`.toLowerCase().includes(only.toLowerCase());
}
