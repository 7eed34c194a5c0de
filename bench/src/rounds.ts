import { median } from './median.ts';
import { rotated } from './rotation.ts';
import { identityOf, type Run } from './run.ts';

/** How runs are measured. */
export interface RoundsSettings {
  readonly rounds: number;
  readonly execute: (run: Run) => Promise<number>;
  /** Told of each round before it begins. */
  readonly progress?: (round: number) => void;
}

/** Measures all of the runs in each of the rounds, in rotation; answers the median of each run by its identity. */
export async function measureInRotation(
  runs: readonly Run[],
  { rounds, execute, progress }: RoundsSettings,
): Promise<Map<string, number>> {
  const figures = new Map(runs.map((run) => [identityOf(run), [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    progress?.(round);
    for (const run of rotated(runs, round)) figures.get(identityOf(run))!.push(await execute(run));
  }
  return new Map([...figures].map(([identity, list]) => [identity, median(list)]));
}
