import { lineWith, wanted } from '../comparison.ts';
import type { Line } from '../line.ts';
import { median } from '../median.ts';
import { Unavailable } from '../remote/client.ts';
import { identityOfRun, type RemoteComparison, type RemoteRun } from '../remote/comparisons.ts';
import type { Figures } from '../remote/figures.ts';
import { briefComparisons } from '../remote/plan.ts';
import { Servers } from '../remote/servers.ts';
import { Session } from '../remote/session.ts';
import { measureInRotation } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';

const suite = 'remote';
const entries = 20_000;
/** In ms. */
const lengths = { warmUp: 100, timed: 250 } as const;

/** What operations on other processes cost, beside servers that one would use instead. */
export async function* run({ only, rounds, progress }: SuiteOptions): AsyncGenerator<Line> {
  const comparisons = briefComparisons().filter((one) => wanted(suite, one, only));
  const servers = await Servers.start(progress);
  const sessions = new Map<string, Session>();
  try {
    for (const candidate of candidatesOf(comparisons)) {
      progress(`${suite}: starting ${candidate}`);
      try {
        sessions.set(candidate, await Session.open(candidate, servers.places));
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        progress(`${suite}: ${candidate} is not measured: ${error.message.split('\n')[0]}`);
      }
    }
    const possible = comparisons.filter(({ ours, peer }) =>
      [ours, peer].every((run) => sessions.has(run.candidate)),
    );
    const measured = await measureInRotation(runsOf(possible), {
      ...{ rounds, identityOf: identityOfRun },
      execute: ({ candidate, load }) => sessions.get(candidate)!.measure({ load, entries, ...lengths }),
      progress: (round) => progress(`${suite}: round ${round + 1} of ${rounds}`),
    });
    for (const comparison of possible) {
      const line = lineOf(comparison, measured);
      if (line !== undefined) yield line;
    }
  } finally {
    await Promise.all([...sessions.values()].map((session) => session.close()));
    await servers.close();
  }
}

function candidatesOf(comparisons: readonly RemoteComparison[]): Set<string> {
  return new Set(comparisons.flatMap(({ ours, peer }) => [ours.candidate, peer.candidate]));
}

function runsOf(comparisons: readonly RemoteComparison[]): RemoteRun[] {
  const runs = comparisons.flatMap(({ ours, peer }) => [ours, peer]);
  return [...new Map(runs.map((run) => [identityOfRun(run), run])).values()];
}

function lineOf(comparison: RemoteComparison, measured: ReadonlyMap<string, readonly Figures[]>) {
  const figure = (run: RemoteRun): number | undefined => {
    const figures = measured.get(identityOfRun(run))!.map((one) => one[comparison.measure]);
    return figures.includes(undefined) ? undefined : median(figures as number[]);
  };
  const [ours, peer] = [figure(comparison.ours), figure(comparison.peer)];
  return ours === undefined || peer === undefined ? undefined : lineWith(suite, comparison, ours, peer);
}
