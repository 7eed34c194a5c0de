import { median } from './median.ts';
import { rotated } from './rotation.ts';

/** How runs are measured. */
export interface RoundsSettings<R, F> {
  readonly rounds: number;
  /** What tells runs apart. */
  readonly identityOf: (run: R) => string;
  readonly execute: (run: R) => Promise<F>;
  /** Told of each round before it begins. */
  readonly progress?: (round: number) => void;
}

/** Measures all of the runs in each of the rounds, in rotation; answers what each run came to, by its identity. */
export async function measureInRotation<R, F>(
  runs: readonly R[],
  { rounds, identityOf, execute, progress }: RoundsSettings<R, F>,
): Promise<Map<string, F[]>> {
  const measured = new Map(runs.map((run) => [identityOf(run), [] as F[]]));
  for (let round = 0; round < rounds; round += 1) {
    progress?.(round);
    for (const run of rotated(runs, round)) measured.get(identityOf(run))!.push(await execute(run));
  }
  return measured;
}

/** The medians of what runs came to. */
export function medians(measured: ReadonlyMap<string, readonly number[]>): Map<string, number> {
  return new Map([...measured].map(([identity, list]) => [identity, median(list)]));
}
