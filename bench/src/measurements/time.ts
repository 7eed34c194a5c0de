import type { AsyncCandidate, Candidate, SyncCandidate } from '../candidate.ts';
import type { KeyKind } from '../keys.ts';
import { getAll, getAllAsync, putAll, putAllAsync, readThrough, readThroughAsync } from '../loops.ts';
import { Stopwatch } from '../stopwatch.ts';
import { type Batch, type Mix, Workload } from '../workload.ts';

/** What one run of operations takes. */
export interface TimeSettings {
  readonly mix: Mix;
  readonly keys: KeyKind;
  readonly entries: number;
}

/** So many operations fill the cache at a time. */
const filling = 10_000;

/** Nanoseconds an operation. */
export function measureTime(candidate: Candidate, settings: TimeSettings): Promise<number> {
  const workload = new Workload(settings.mix, settings.keys, settings.entries);
  return candidate.style === 'sync' ? timeSync(candidate, workload) : timeAsync(candidate, workload);
}

// Two functions that are the same but for `await`: to await what is no promise would cost more than what is measured.

async function timeSync(candidate: SyncCandidate, workload: Workload): Promise<number> {
  const { mix, entries } = workload;
  const cache = candidate.open(entries);
  for (const { keys, values } of workload.filling(filling)) putAll(cache, keys, values);
  const run = (batch: Batch): number => {
    if (mix === 'hit' || mix === 'miss') return getAll(cache, batch.keys);
    if (mix === 'zipf') return readThrough(cache, batch.keys, batch.values, batch.writes);
    return putAll(cache, batch.keys, batch.values);
  };
  const stopwatch = new Stopwatch();
  while (!stopwatch.done) {
    const batch = workload.next(stopwatch.operations);
    stopwatch.start();
    const answered = run(batch);
    stopwatch.stop(batch.keys.length);
    checkAnswer(candidate, mix, answered, batch.keys.length);
  }
  return stopwatch.nanoseconds;
}

async function timeAsync(candidate: AsyncCandidate, workload: Workload): Promise<number> {
  const { mix, entries } = workload;
  const cache = candidate.open(entries);
  for (const { keys, values } of workload.filling(filling)) await putAllAsync(cache, keys, values);
  const run = (batch: Batch): Promise<number> => {
    if (mix === 'hit' || mix === 'miss') return getAllAsync(cache, batch.keys);
    if (mix === 'zipf') return readThroughAsync(cache, batch.keys, batch.values, batch.writes);
    return putAllAsync(cache, batch.keys, batch.values);
  };
  const stopwatch = new Stopwatch();
  while (!stopwatch.done) {
    const batch = workload.next(stopwatch.operations);
    stopwatch.start();
    const answered = await run(batch);
    stopwatch.stop(batch.keys.length);
    checkAnswer(candidate, mix, answered, batch.keys.length);
  }
  return stopwatch.nanoseconds;
}

/** A candidate that answers something else does something else, and its time says nothing. */
function checkAnswer({ name }: Candidate, mix: Mix, answered: number, operations: number): void {
  const expected = { hit: operations, miss: 0, overwrite: operations, insert: operations, zipf: undefined }[
    mix
  ];
  const right = expected === undefined ? answered > 0 && answered < operations : answered === expected;
  if (!right) throw new Error(`${name}: ${answered} of ${operations} found in the mix '${mix}'`);
}
