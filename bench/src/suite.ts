import { type Comparison, lineOf, runsOf, wanted } from './comparison.ts';
import type { Line } from './line.ts';
import { measureInRotation, medians } from './rounds.ts';
import { execute, identityOf, type Run } from './run.ts';

/** What `npm run bench` was asked for. */
export interface SuiteOptions {
  /** The whole matrix instead of what takes less than a minute. */
  readonly full: boolean;
  /** Only lines that have this text in their case or the name of their peer. */
  readonly only?: string;
  /** How often each run is measured, where it is measured more than once. */
  readonly rounds: number;
  /** Told what is going on. */
  readonly progress: (text: string) => void;
}

/** A suite: a file of the folder `suites` exports one as `run`. */
export type Suite = (options: SuiteOptions) => AsyncIterable<Line>;

/** Comparisons whose runs are measured together, in rotation. */
export interface Group {
  readonly comparisons: readonly Comparison[];
  /** How often each is measured, where not as often as was asked for. */
  readonly rounds?: number;
}

/** Measures one group after the other, candidates verified before, and yields the lines of each. */
export async function* measureGroups(
  suite: string,
  groups: readonly Group[],
  { only, rounds: asked, progress }: SuiteOptions,
): AsyncGenerator<Line> {
  const chosen = groups
    .map((group) => ({ ...group, comparisons: group.comparisons.filter((one) => wanted(suite, one, only)) }))
    .filter(({ comparisons }) => comparisons.length > 0);
  await verifyAll(
    chosen.flatMap(({ comparisons }) => runsOf(comparisons)),
    progress,
  );
  for (const { comparisons, rounds = asked } of chosen) {
    const measured = await measureInRotation(runsOf(comparisons), {
      ...{ rounds, identityOf, execute },
      progress: (round) => progress(`${suite}: ${comparisons[0]!.case}, round ${round + 1} of ${rounds}`),
    });
    const figures = medians(measured);
    for (const comparison of comparisons) yield lineOf(suite, comparison, figures);
  }
}

async function verifyAll(runs: readonly Run[], progress: (text: string) => void): Promise<void> {
  progress('verifying that each candidate does what is measured');
  for (const candidate of new Set(runs.map((run) => run.candidate))) {
    await execute({ candidate, measurement: { kind: 'verify' } });
  }
}
