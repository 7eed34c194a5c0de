import { Ledger } from './fixtures/ledger.ts';
import { eventually, type Machine, type Run, type Worker, type WorkerOptions } from './fixtures/machine.ts';

export interface RollingRestartOptions {
  readonly machine: Machine;
  readonly ids: readonly string[];
  /** How often each process is restarted. */
  readonly rounds: number;
  /** Where a process meets the others, and what else it is told. */
  options(id: string): WorkerOptions;
  /** Happens beside the restart with which the second half of them begins. */
  halfway?(): Promise<void>;
}

/** What was done, and what was found that should not be. */
export interface Findings {
  readonly restarts: number;
  readonly reads: number;
  readonly writes: number;
  /** Reads that found nothing where something had been written. */
  readonly misses: number;
  /** Reads that found less than had been acknowledged before, or than the same process had read. */
  readonly stale: number;
  /** Codes of reads and writes that failed. */
  readonly errors: readonly string[];
  /** Partitions that were not handed over. */
  readonly lost: number;
  /** Keys that in the end some process does not read as they were written. */
  readonly wrong: readonly string[];
}

/** Written once, and read by everybody in the end. */
const resting = Array.from({ length: 2_000 }, (_, n) => `resting-${n}`);

/** What each process writes to as long as it lives; the next one under its id has keys of its own. */
const keysEach = 12;

/**
 * Restarts processes that share a cache, one after another, each time as another process. All of them write growing numbers to
 * keys of their own and read those of everybody, over and over; one that is restarted ends its own work first.
 */
export async function rollingRestart(given: RollingRestartOptions): Promise<Findings> {
  const { machine, ids, rounds, options, halfway } = given;
  const found = { reads: 0, writes: 0, misses: 0, stale: 0, lost: 0 };
  const errors: string[] = [];
  const wrong: string[] = [];
  const ledger = new Ledger();
  let lives = 0;

  const enlist = async (worker: Worker): Promise<void> => {
    lives += 1;
    const keys = Array.from({ length: keysEach }, (_, n) => `${worker.id}-${lives}-${n}`);
    ledger.follow(worker, keys);
    worker.onWrote((wrote) => {
      found.writes += wrote.length;
      errors.push(...wrote.map(([, , outcome]) => outcome).filter((outcome) => outcome !== 'acknowledged'));
    });
    await worker.do('write', keys);
    await eventually(`every key of ${worker.id} is written`, () =>
      ledger.certain(keys).every((number) => number > 0),
    );
  };

  /** `least`: the numbers that were certain before anything of this was read. */
  const judge = (runs: readonly Run[], least: ReadonlyMap<string, number>): void => {
    const seen = new Map(least);
    for (const { key, value, code, count } of runs) {
      found.reads += count;
      if (code !== undefined) errors.push(code);
      else if (value === undefined) found.misses += count;
      else if (Number(value) < seen.get(key)!) found.stale += count;
      else seen.set(key, Number(value));
    }
  };

  const restarted = async (leaver: Worker): Promise<Worker> => {
    await leaver.do('stopWriting');
    found.lost += (await leaver.do<{ lost: number }>('leave', { within: '30s' })).lost;
    await leaver.end();
    const next = await machine.worker(leaver.id, options(leaver.id));
    await next.do('ready', ids.length);
    await enlist(next);
    return next;
  };

  const workers = await Promise.all(ids.map((id) => machine.worker(id, options(id))));
  await Promise.all(workers.map((worker) => worker.do('ready', ids.length)));
  await workers[0]!.put(resting, 'at rest');
  for (const worker of workers) await enlist(worker);

  const restarts = rounds * ids.length;
  for (let n = 0; n < restarts; n += 1) {
    const { keys } = ledger;
    const certain = ledger.certain(keys);
    const least = new Map(keys.map((key, position) => [key, certain[position]!]));
    const readers = [...workers];
    await Promise.all(readers.map((reader) => reader.do('sample', keys)));
    const [leaver] = readers.splice(n % ids.length, 1);
    const meanwhile = n === restarts / 2 ? halfway?.() : undefined;
    judge(await leaver!.do('stopSampling'), least);
    workers[n % ids.length] = await restarted(leaver!);
    await meanwhile;
    for (const reader of readers) judge(await reader.do('stopSampling'), least);
  }

  await Promise.all(workers.map((worker) => worker.do('stopWriting')));
  for (const worker of workers) {
    wrong.push(...ledger.audit(ledger.keys, await worker.each('get', ledger.keys)));
    const values = await worker.each('get', resting);
    wrong.push(...resting.filter((_, position) => values[position]!.value !== 'at rest'));
  }
  return { restarts, ...found, errors, wrong };
}
