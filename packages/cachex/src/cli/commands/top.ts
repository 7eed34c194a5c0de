import { setTimeout as wait } from 'node:timers/promises';
import type { NodeVitals } from '../../cluster/index.ts';
import type { Command } from '../command.ts';
import type { Output } from '../output.ts';
import { showBytes, showDuration, showShare } from '../texts.ts';

/** What a node does, from one look to the next; `null` where nobody counts. */
interface Activity {
  readonly node: string;
  readonly callsPerSecond: number | null;
  readonly hitRate: number | null;
  readonly evictionsPerSecond: number | null;
  readonly entries: number;
  readonly rss: number;
  /** How late its event loop was, in ms: the 99th percentile. */
  readonly loopDelay: number | null;
}

export const top: Command = {
  name: 'top',
  about: 'what the nodes do, live',
  details: [
    'Calls, hits and evictions are those that a node has executed, and are counted where caches were opened with `stats: true`; elsewhere there is a dash.',
    'On a terminal it draws over itself until Ctrl-C; elsewhere, and with --json, it prints one look after the other.',
  ],
  arguments: [],
  options: [
    { name: 'interval', value: 'duration', about: 'from one look to the next; 2s unless set' },
    { name: 'count', value: 'count', about: 'end after so many looks' },
  ],
  joins: true,
  examples: ['top --cluster shop', 'top --interval 10s --count 6 --json'],
  async run(given, { connect, others, output, signal, vitals }) {
    const interval = given.duration('interval', 2_000);
    const most = given.count('count', Number.POSITIVE_INFINITY);
    const node = await connect();
    let before = await vitals(await others());
    let at = performance.now();
    for (let n = 0; n < most; n += 1) {
      await wait(interval, undefined, { signal });
      const ids = await others();
      const now = await vitals(ids);
      const seconds = (performance.now() - at) / 1_000;
      at = performance.now();
      const activities = ids.flatMap((id) => activityOf(now.get(id), before.get(id), seconds));
      const silent = ids.filter((id) => !now.has(id));
      if (output.json) output.result({ nodes: activities, silent }, () => '');
      else output.draw(screen(output, node.cluster, node.status().moving, activities, silent));
      before = now;
    }
    return undefined;
  },
};

function activityOf(
  now: NodeVitals | undefined,
  before: NodeVitals | undefined,
  seconds: number,
): Activity[] {
  if (now === undefined) return [];
  const [later, earlier] = [totals(now), before === undefined ? undefined : totals(before)];
  const grown = (name: 'calls' | 'hits' | 'reads' | 'evictions'): number | null =>
    later === undefined || earlier === undefined ? null : Math.max(0, later[name] - earlier[name]);
  const rate = (amount: number | null): number | null => (amount === null ? null : amount / seconds);
  const [hits, reads] = [grown('hits'), grown('reads')];
  return [
    {
      node: now.id,
      callsPerSecond: rate(grown('calls')),
      hitRate: hits === null || reads === null || reads === 0 ? null : hits / reads,
      evictionsPerSecond: rate(grown('evictions')),
      entries: Object.values(now.caches).reduce((sum, { entries }) => sum + entries, 0),
      rss: now.process.rss,
      loopDelay: now.process.loopDelay?.p99 ?? null,
    },
  ];
}

/** Of all caches of a node that count; `undefined` if none does. */
function totals({
  caches,
}: NodeVitals): { calls: number; hits: number; reads: number; evictions: number } | undefined {
  const counted = Object.values(caches).flatMap(({ stats }) => (stats === null ? [] : [stats]));
  if (counted.length === 0) return undefined;
  const sum = (read: (stats: (typeof counted)[number]) => number): number =>
    counted.reduce((total, stats) => total + read(stats), 0);
  return {
    calls: sum(({ calls }) => Object.values(calls).reduce((total, amount) => total + amount, 0)),
    hits: sum(({ hits }) => hits),
    reads: sum(({ hits, misses }) => hits + misses),
    evictions: sum(({ evictions }) => evictions),
  };
}

function screen(
  output: Output,
  cluster: string,
  moving: number,
  activities: readonly Activity[],
  silent: readonly string[],
): string[] {
  const columns = [
    { title: 'NODE' },
    { title: 'CALLS/S', right: true },
    { title: 'HITS', right: true },
    { title: 'EVICTED/S', right: true },
    { title: 'ENTRIES', right: true },
    { title: 'MEMORY', right: true },
    { title: 'LATE', right: true },
  ] as const;
  const known = (value: number | null, show: (value: number) => string): string =>
    value === null ? '-' : show(value);
  const rows = activities.map((each) => [
    each.node,
    known(each.callsPerSecond, (rate) => `${Math.round(rate)}`),
    known(each.hitRate, showShare),
    known(each.evictionsPerSecond, (rate) => `${Math.round(rate)}`),
    `${each.entries}`,
    showBytes(each.rss),
    known(each.loopDelay, showDuration),
  ]);
  const counts = activities.some(({ callsPerSecond }) => callsPerSecond !== null);
  return [
    output.cut(
      `cluster ${cluster}: ${activities.length + silent.length} nodes${moving > 0 ? `, ${moving} partitions moving` : ''}`,
    ),
    '',
    ...output.table(columns, rows),
    ...silent.map((id) => output.cut(`${id} does not answer`)),
    ...(counts ? [] : ['', output.weak('open caches with { stats: true } to see calls, hits and evictions')]),
  ];
}
