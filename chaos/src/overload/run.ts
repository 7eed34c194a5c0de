import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child, patience } from '../child.ts';
import { type Bounds, judge, type Observed, roomOf } from './judge.ts';
import type { Pressure } from './pressing.ts';
import type { Commands, Start } from './worker.ts';

export interface RunOptions {
  /** How long there is too much to do, each time. */
  readonly seconds: number;
  log(line: string): void;
}

export interface Findings {
  readonly bounds: Bounds;
  readonly observed: readonly Observed[];
  readonly violations: readonly string[];
}

type Node = Child<Commands>;

/** The processes of a run; `slow` owns the keys that are asked for too often. */
interface Cluster {
  readonly slow: Node;
  readonly others: readonly Node[];
  /** Owns nothing. */
  readonly observer: Node;
  readonly keys: { readonly slow: readonly string[]; readonly others: readonly string[] };
}

interface Scenario {
  readonly name: string;
  /** Who asks for how much. */
  pressures(cluster: Cluster): readonly (readonly [Node, Pressure])[];
  /** What happens meanwhile, until it is over. */
  meanwhile?(cluster: Cluster, over: () => boolean): Promise<void>;
}

const program = fileURLToPath(new URL('./worker.js', import.meta.url));
const timeout = 2_000;
/**
 * Smaller than by default, so that they are reached, and what is bounded by them stands out. What may wait on all links at once
 * takes an owner a tenth of a second: far less than its lease, which it cannot renew meanwhile.
 */
const limits = { frame: 1024 * 1024, inFlight: 32, queued: 4 * 1024 * 1024 };
/** Bytes of a value. */
const valueBytes = 8 * 1024;
/** What a call of `work` takes its owner, in ms, and so how many it can do in a second. */
const cost = 1;
const capacity = 1_000 / cost;
const tenfold = 10 * capacity;
/** Of a node that is stopped again and again, in ms. */
const pace = { stopped: 400, running: 100 };
/** For how long it is looked at how it was, and how it is a second after. */
const calm = 3_000;

const share = (nodes: readonly Node[], pressure: Pressure): (readonly [Node, Pressure])[] =>
  nodes.map((node) => [node, { ...pressure, rate: pressure.rate / nodes.length }]);

const scenarios: readonly Scenario[] = [
  {
    name: 'callers ten times faster than an owner',
    pressures: ({ others, keys }) => share(others, { keys: keys.slow, cost, rate: tenfold }),
  },
  {
    name: 'a slow node',
    pressures: ({ others, keys }) => share(others, { keys: keys.slow, rate: 4_000 }),
    async meanwhile({ slow }, over) {
      while (!over()) {
        slow.signal('SIGSTOP');
        await sleep(pace.stopped);
        slow.signal('SIGCONT');
        await sleep(pace.running);
      }
    },
  },
  {
    name: 'a hot key, from every node',
    pressures: ({ slow, others, observer, keys }) =>
      share([slow, ...others, observer], { keys: keys.slow.slice(0, 1), cost, rate: tenfold }),
  },
];

/** Asks real processes for more than they can do, and judges how they bear it. */
export async function run({ seconds, log }: RunOptions): Promise<Findings> {
  const directory = await mkdtemp(join(tmpdir(), 'overload-'));
  const nodes: Node[] = [];
  const start = async (id: string, weight: number): Promise<Node> => {
    const started: Start = { id, directory, weight, timeout, limits };
    const node: Node = new Child(program, started, { execArgv: ['--max-semi-space-size=16'] });
    nodes.push(node);
    await node.joined;
    return node;
  };
  try {
    const slow = await start('n1', 1);
    const others = await Promise.all([start('n2', 1), start('n3', 1)]);
    const observer = await start('observer', 0);
    await whole(nodes);
    const names = Array.from({ length: 300 }, (_, n) => `key-${n}`);
    await observer.do('fill', names, valueBytes);
    const owners = await observer.do('owners', names);
    const cluster: Cluster = {
      ...{ slow, others, observer },
      keys: {
        slow: names.filter((_, n) => owners[n] === slow.id),
        others: names.filter((_, n) => owners[n] !== slow.id),
      },
    };
    const bounds: Bounds = { timeout, room: roomOf(limits, nodes.length - 1) };
    // What is done for the first time is slow, and takes memory that stays.
    for (const node of nodes) await node.do('probe', names, 1_000);
    const observed: Observed[] = [];
    for (const scenario of scenarios) {
      log(scenario.name);
      observed.push(await observe(scenario, cluster, seconds * 1_000));
    }
    return { bounds, observed, violations: observed.flatMap((each) => judge(each, bounds)) };
  } finally {
    for (const node of nodes) node.signal('SIGKILL');
    await Promise.all(nodes.map(({ ended }) => ended));
    await rm(directory, { recursive: true, force: true });
  }
}

async function observe({ name, pressures, meanwhile }: Scenario, cluster: Cluster, ms: number) {
  const { slow, others, observer, keys } = cluster;
  const all = [slow, ...others, observer];
  const both = (time: number) =>
    Promise.all([observer.do('probe', keys.slow, time), observer.do('probe', keys.others, time)]);
  const [ownerBefore, othersBefore] = await both(calm);
  const sizes = await Promise.all(all.map((node) => node.do('memory')));
  const pressing = pressures(cluster);
  let over = false;
  for (const [node, pressure] of pressing) await node.do('press', pressure);
  const happening = meanwhile?.(cluster, () => over);
  const othersMeanwhile = await observer.do('probe', keys.others, ms);
  over = true;
  await Promise.all([happening, ...pressing.map(([node]) => node.do('release'))]);
  await sleep(1_000);
  const [ownerAfter] = await both(calm);
  const grown = await Promise.all(all.map((node) => node.do('memory')));
  const pressed = await Promise.all(pressing.map(([node]) => node.do('pressed')));
  return {
    ...{ name, pressed },
    others: { before: othersBefore, meanwhile: othersMeanwhile },
    owner: { before: ownerBefore, after: ownerAfter },
    growth: Math.max(...grown.map(({ most }, n) => most - sizes[n]!.now)),
  };
}

async function whole(nodes: readonly Node[]): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    const known = await Promise.all(nodes.map((node) => node.do('status')));
    if (known.every(({ members, moving, unowned }) => members === nodes.length && moving + unowned === 0))
      return;
    if (performance.now() > deadline) throw new Error(`the cluster is not whole within ${patience} ms`);
    await sleep(100);
  }
}
