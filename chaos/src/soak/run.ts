import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../child.ts';
import { figures, type Sample } from './sample.ts';
import { type Trend, trendOf } from './trend.ts';
import type { Commands, Done, Start } from './worker.ts';

export interface RunOptions {
  readonly minutes: number;
  readonly seed: number;
  /** How many entries a node may own. */
  readonly size: number;
  log(line: string): void;
}

/** What a process held at a time, in seconds since the churn began. */
export interface Sampled {
  readonly at: number;
  readonly sample: Sample;
}

export interface Findings {
  /** For how long there was churn, in seconds. */
  readonly seconds: number;
  readonly size: number;
  readonly keys: number;
  readonly samples: ReadonlyMap<string, readonly Sampled[]>;
  readonly trends: readonly { readonly id: string; readonly figure: keyof Sample; readonly trend: Trend }[];
  /** Of all processes, those that have left included. */
  readonly done: readonly Done[];
  readonly joins: number;
  readonly leaves: number;
  readonly violations: readonly string[];
}

type Node = Child<Commands>;

const program = fileURLToPath(new URL('./worker.js', import.meta.url));
/** Processes that stay; those are looked at. */
const stay = 3;
/** How many keys there are for each that fits: the rest is evicted. */
const tooMany = 2;
/** How often processes are looked at, and dump, in ms; and how often one joins, that leaves half of that time later. */
const [look, dump, come] = [10_000, 20_000, 60_000];

/** Keeps full caches under churn and looks whether anything grows in their processes. */
export async function run({ minutes, seed, size, log }: RunOptions): Promise<Findings> {
  const directory = await mkdtemp(join(tmpdir(), 'soak-'));
  const keys = size * stay * tooMany;
  const nodes: Node[] = [];
  const start = async (id: string): Promise<Node> => {
    const started: Start = { id, directory, seed: seed + nodes.length, size, keys };
    const node: Node = new Child(program, started, {
      execArgv: ['--expose-gc'],
      // The first failure with each code.
      heard: (message) => log(`${id}: ${(message as { failed: string }).failed}`),
    });
    nodes.push(node);
    await node.joined;
    return node;
  };
  const samples = new Map<string, Sampled[]>();
  const left: Done[] = [];
  const violations: string[] = [];
  let joins = 0;
  try {
    const staying = await Promise.all(Array.from({ length: stay }, (_, n) => start(`n${n + 1}`)));
    log('filling');
    await staying[0]!.do('fill');
    await Promise.all(staying.map((node) => node.do('churn')));
    log('churn');
    const began = performance.now();
    const time = (): number => performance.now() - began;
    const over = (): boolean => violations.length > 0 || time() >= minutes * 60_000;
    const rest = (until: number) =>
      new Promise((resolve) => setTimeout(resolve, Math.min(until, minutes * 60_000) - time()));
    const every = async (period: number, work: (turn: number) => Promise<void>): Promise<void> => {
      for (let turn = 0; !over(); turn += 1) {
        await work(turn);
        // What took longer than its period leaves out what it has missed.
        await rest(Math.max((turn + 1) * period, time() + period / 10));
      }
    };
    const work = [
      every(look, async () => {
        for (const node of staying) {
          const sample = await node.do('sample');
          const known = samples.get(node.id) ?? [];
          samples.set(node.id, [...known, { at: time() / 1_000, sample }]);
        }
      }),
      every(dump, (turn) => staying[turn % stay]!.do('dump')),
      every(come, async (turn) => {
        const id = `guest${turn}`;
        log(`${id} joins`);
        const guest = await start(id);
        joins += 1;
        await guest.do('churn');
        await rest(turn * come + come / 2);
        const { lost, ...did } = await guest.do('leave');
        await guest.gone();
        log(`${id} has left`);
        left.push(did);
        if (lost > 0) violations.push(`${id} has left ${lost} partitions behind`);
      }),
    ];
    await Promise.all(work.map((each) => each.catch((error: Error) => violations.push(error.message))));
    const seconds = time() / 1_000;
    const stayed = await Promise.all(staying.map((node) => node.do('done')));
    const trends = staying.flatMap(({ id }) => trendsOf(id, samples.get(id) ?? []));
    for (const { id, figure, trend } of trends) {
      if (!trend.grows) continue;
      const { title } = figures[figure];
      violations.push(`${id}: ${title} has risen by ${trend.rise}, more than ${trend.allowed}`);
    }
    return {
      ...{ seconds, size, keys, samples, trends, violations, joins },
      ...{ leaves: left.length, done: [...stayed, ...left] },
    };
  } finally {
    for (const node of nodes) node.signal('SIGKILL');
    await Promise.all(nodes.map(({ ended }) => ended));
    await rm(directory, { recursive: true, force: true });
  }
}

function trendsOf(id: string, sampled: readonly Sampled[]): Findings['trends'] {
  return (Object.keys(figures) as (keyof Sample)[]).map((figure) => {
    const points = sampled.map(({ at, sample }) => ({ at, value: sample[figure] }));
    return { id, figure, trend: trendOf(points, figures[figure].noise) };
  });
}
