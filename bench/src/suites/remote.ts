import { lineWith, wanted } from '../comparison.ts';
import type { Line } from '../line.ts';
import { median } from '../median.ts';
import { newestNode } from '../newest-node.ts';
import { identityOfRun, type RemoteComparison, type RemoteRun } from '../remote/comparisons.ts';
import type { Figures } from '../remote/figures.ts';
import { allRemoteCandidates } from '../remote/peers/index.ts';
import { allComparisons, briefComparisons } from '../remote/plan.ts';
import { Servers } from '../remote/servers.ts';
import { type Extent, Sessions } from '../remote/sessions.ts';
import { measureInRotation } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';

const suite = 'remote';
const extent: Extent = {
  entries: 100_000,
  // Compilers come to an end after about so many operations; what is slow has fewer of them, and less to compile.
  firstWarmUp: { ms: 400, operations: 200_000, atMost: 1_000 },
  warmUp: { ms: 25, operations: 8_000, atMost: 100 },
  timed: { ms: 100, operations: 3_000, atMost: 250 },
};

/** What operations on other processes cost, beside servers that one would use instead. */
export async function* run({ full, only, rounds, progress }: SuiteOptions): AsyncGenerator<Line> {
  const all = full
    ? allComparisons(await allRemoteCandidates(), [undefined, newestNode()])
    : briefComparisons();
  const comparisons = all.filter((one) => wanted(suite, one, only));
  const tell = (text: string): void => progress(`${suite}: ${text}`);
  const servers = await Servers.start(tell);
  const sessions = new Sessions(extent);
  try {
    tell('starting what is measured');
    await sessions.start(runsOf(comparisons), servers.places, tell);
    const possible = comparisons.filter((one) => runsOf([one]).every((run) => sessions.has(run)));
    const measured = await measureInRotation(runsOf(possible), {
      ...{ rounds, identityOf: identityOfRun },
      execute: (run) => sessions.measure(run),
      progress: (round) => tell(`round ${round + 1} of ${rounds}`),
    });
    for (const comparison of possible) {
      const line = lineOf(comparison, measured);
      if (line !== undefined) yield line;
    }
  } finally {
    await sessions.close();
    await servers.close();
  }
}

/** What has to be measured for some comparisons, each once. */
function runsOf(comparisons: readonly RemoteComparison[]): RemoteRun[] {
  const runs = comparisons.flatMap(({ ours, peer }) => ('constant' in peer ? [ours] : [ours, peer]));
  return [...new Map(runs.map((run) => [identityOfRun(run), run])).values()];
}

/** Nothing where the system does not tell what is compared. */
function lineOf(
  comparison: RemoteComparison,
  measured: ReadonlyMap<string, readonly Figures[]>,
): Line | undefined {
  const figure = (run: RemoteRun): number | undefined => {
    const figures = measured.get(identityOfRun(run))!.map((one) => one[comparison.measure]);
    return figures.includes(undefined) ? undefined : median(figures as number[]);
  };
  const { peer } = comparison;
  const [ours, theirs] = [figure(comparison.ours), 'constant' in peer ? peer.constant : figure(peer)];
  return ours === undefined || theirs === undefined ? undefined : lineWith(suite, comparison, ours, theirs);
}
