import { lineWith, wanted } from '../comparison.ts';
import type { Line, Unit } from '../line.ts';
import { median } from '../median.ts';
import type { Order, Rebalance } from '../rebalance/caller.ts';
import { endHelper, nextMessage, startHelper } from '../remote/helper.ts';
import { temporaryFolder } from '../remote/temporary-folder.ts';
import type { SuiteOptions } from '../suite.ts';

const suite = 'rebalance';
const inFlight = 256;
/** What moves per second, in MB; how many times its usual p99 a call may take meanwhile; and nothing may fail. */
const targets = { speed: 1, latency: 1 / 2, failures: 1 } as const;
const megabytes = 100;

interface Row {
  readonly case: string;
  readonly unit: Unit;
  readonly peerName: string;
  readonly ours: (one: Rebalance) => number;
  readonly peer: (one: Rebalance) => number;
  readonly target?: number;
}

/** What is told of a move. */
function rowsOf(entries: number): Row[] {
  const name = `a node joins ${entries.toLocaleString('en')} entries of 100 B, ${inFlight} in flight`;
  return [
    {
      ...{ case: name, unit: 'MB/s', peerName: `${megabytes} MB/s`, target: targets.speed },
      ours: (one) => one.megabytesPerSecond,
      peer: () => megabytes,
    },
    {
      ...{ case: `${name}, p99`, unit: 'µs', peerName: 'the same calls before', target: targets.latency },
      ours: ({ during }) => during.p99,
      peer: ({ before }) => before.p99,
    },
    {
      ...{ case: `${name}, p50`, unit: 'µs', peerName: 'the same calls before' },
      ours: ({ during }) => during.p50,
      peer: ({ before }) => before.p50,
    },
    {
      ...{ case: `${name}, throughput`, unit: 'ops/s', peerName: 'the same calls before' },
      ours: ({ during }) => during.throughput,
      peer: ({ before }) => before.throughput,
    },
    ...(['misses', 'errors'] as const).map(
      (unit): Row => ({
        ...{ case: name, unit, peerName: `no ${unit}`, target: targets.failures },
        ours: (one) => one[unit],
        peer: () => 0,
      }),
    ),
  ];
}

/** How fast partitions move to a node that joins, and what others notice of it. */
export async function* run({ full, only, rounds, progress }: SuiteOptions): AsyncGenerator<Line> {
  const entries = full ? 1_000_000 : 200_000;
  const rows = rowsOf(entries).filter((row) => wanted(suite, row, only));
  if (rows.length === 0) return;
  const measured: Rebalance[] = [];
  for (let round = 0; round < rounds; round += 1) {
    progress(`${suite}: round ${round + 1} of ${rounds}`);
    measured.push(await rebalance({ entries, inFlight, warmUp: 1_000, before: 1_000 }));
  }
  for (const row of rows) {
    // One that failed is not made up for by others that did not.
    const middle = row.unit === 'misses' || row.unit === 'errors' ? sum : median;
    yield lineWith(suite, row, middle(measured.map(row.ours)), middle(measured.map(row.peer)));
  }
}

const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);

/** Measures it once, in processes of its own. */
async function rebalance(order: Omit<Order, 'directory'>): Promise<Rebalance> {
  const { folder: directory, remove } = temporaryFolder();
  const caller = startHelper(new URL('../rebalance/caller.js', import.meta.url), [
    JSON.stringify({ ...order, directory }),
  ]);
  try {
    return await nextMessage<Rebalance>(caller);
  } finally {
    await endHelper(caller);
    remove();
  }
}
