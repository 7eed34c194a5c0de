import { hitRatioOf } from '../hitratio/cache.ts';
import { generatedPatterns, patternCapacity } from '../hitratio/patterns.ts';
import { type Cell, readReference, readTrace, traceFolder } from '../hitratio/traces.ts';
import { type Line, ratioOf } from '../line.ts';
import type { SuiteOptions } from '../suite.ts';

const suite = 'hitratio';
const unit = 'hit ratio';

/** Of the mean over the cells of what an optimal policy would have reached. */
const meanTarget = 0.845;
/** How far below LRU no cell may be. */
const worstDifference = 0.04;

type Reference = keyof Omit<Cell, 'capacity' | 'share'>;
const others = ['lru', 's3fifo', 'arc', 'wtinylfu', 'sieve', 'lrw'] as const satisfies Reference[];
const inMean = ['lru', 's3fifo', 'wtinylfu'] as const satisfies Reference[];
/** The sizes over which the means are taken; smaller ones are shown with `--full`. */
const leastShare = 0.01;

interface Result {
  readonly trace: string;
  readonly cell: Cell;
  readonly ours: number;
}

/** How many of the accesses of real traces the default policy answers, beside others; of generated ones where there are none. */
export async function* run({
  full,
  progress,
}: Pick<SuiteOptions, 'full' | 'progress'>): AsyncGenerator<Line> {
  const folder = traceFolder();
  if (folder === undefined)
    progress('hitratio: no traces in CACHEX_TRACES, nor beside the repository: generated patterns only');
  else yield* realTraces(folder, full, progress);
  if (folder === undefined || full) yield* patterns(progress);
}

function* realTraces(folder: string, full: boolean, progress: (text: string) => void): Generator<Line> {
  const results: Result[] = [];
  for (const [name, cells] of Object.entries(readReference(folder))) {
    progress(`hitratio: ${name}`);
    const trace = readTrace(folder, name);
    for (const cell of cells) {
      const counted = cell.share >= leastShare;
      if (!counted && !full) continue;
      const result = { trace: name, cell, ours: hitRatioOf('adaptive', trace, cell.capacity) };
      if (counted) results.push(result);
      for (const other of full ? others : (['lru'] as const)) {
        yield line(labelOf(result), result.ours, cell[other], other);
      }
    }
  }
  yield* summary(results);
}

function* summary(results: readonly Result[]): Generator<Line> {
  const name = `mean of hit ratio / optimum, ${results.length} cells`;
  const mean = (value: (result: Result) => number): number =>
    results.reduce((sum, result) => sum + value(result) / result.cell.optimal, 0) / results.length;
  const ours = mean((result) => result.ours);
  yield { ...line(name, ours, 1, 'optimum'), target: meanTarget };
  for (const other of inMean) {
    yield {
      ...line(
        name,
        ours,
        mean(({ cell }) => cell[other]),
        other,
      ),
      target: 1,
    };
  }
  const worst = results.reduce((one, other) =>
    other.ours - other.cell.lru < one.ours - one.cell.lru ? other : one,
  );
  const { lru } = worst.cell;
  yield {
    ...line(`worst cell beside LRU: ${labelOf(worst)}`, worst.ours, lru, 'lru'),
    target: (lru - worstDifference) / lru,
  };
}

function* patterns(progress: (text: string) => void): Generator<Line> {
  for (const trace of generatedPatterns()) {
    progress(`hitratio: ${trace.name}`);
    const ours = hitRatioOf('adaptive', trace, patternCapacity);
    for (const other of ['lru', 's3fifo'] as const) {
      yield line(trace.name, ours, hitRatioOf(other, trace, patternCapacity), other);
    }
  }
}

const labelOf = ({ trace, cell }: Result): string => `${trace}, ${cell.share * 100} % of keys`;

/** Beside a policy that hits nothing at all, every hit is counted as one over the least that can be seen. */
function line(name: string, ours: number, peer: number, peerName: string): Line {
  return { suite, case: name, ours, peer, peerName, ratio: ratioOf(unit, ours, Math.max(peer, 1e-6)), unit };
}
