import { lineWith, wanted } from '../comparison.ts';
import type { Line } from '../line.ts';
import { measureInRotation, medians } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import { measurePair } from '../threads/pair.ts';
import { frameBytes, type WayName, wayNames } from '../threads/ways.ts';

const suite = 'threads';

interface PairRun {
  readonly way: WayName;
  readonly inFlight: number;
}

const identityOf = ({ way, inFlight }: PairRun): string => `${way}, ${inFlight}`;

/** What other ways between threads of one process would bring than the sockets that all nodes talk over. */
export async function* run({ full, only, rounds, progress }: SuiteOptions): AsyncGenerator<Line> {
  const [usual, ...others] = wayNames;
  const lines = [1, 4].flatMap((inFlight) =>
    others.map((way) => ({
      case: `frames of ${frameBytes.toLocaleString('en')} B to another thread and back, ${inFlight} in flight: ${way}`,
      ...({ unit: 'ops/s', peerName: usual, way, inFlight } as const),
    })),
  );
  const chosen = lines.filter((line) => wanted(suite, line, only));
  const runs = [...new Set(chosen.map(({ inFlight }) => inFlight))].flatMap((inFlight) =>
    wayNames.map((way): PairRun => ({ way, inFlight })),
  );
  const frames = full ? 200_000 : 40_000;
  const figures = medians(
    await measureInRotation(runs, {
      ...{ rounds, identityOf },
      execute: ({ way, inFlight }) => measurePair(way, { inFlight, warmUp: 10_000, frames }),
      progress: (round) => progress(`${suite}: round ${round + 1} of ${rounds}`),
    }),
  );
  for (const line of chosen) {
    const figure = (way: WayName): number => figures.get(identityOf({ way, inFlight: line.inFlight }))!;
    yield lineWith(suite, line, figure(line.way), figure(usual));
  }
}
