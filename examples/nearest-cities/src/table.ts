import { formatCount, formatMs, formatRate } from './format.ts';
import type { Frame, FrameRow } from './run-record.ts';

interface Column {
  readonly title: string;
  readonly width: number;
  readonly cell: (row: FrameRow) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'partitions', width: 12, cell: ({ partitions }) => formatCount(partitions) },
  { title: 'keys', width: 7, cell: ({ keys }) => formatCount(keys) },
  { title: 'ops/s', width: 8, cell: ({ opsPerSecond }) => formatCount(opsPerSecond) },
  { title: 'hit rate', width: 10, cell: ({ hitRate }) => formatRate(hitRate) },
  { title: 'p50', width: 10, cell: ({ p50 }) => formatMs(p50) },
  { title: 'p99', width: 10, cell: ({ p99 }) => formatMs(p99) },
  { title: 'loads', width: 7, cell: ({ loads }) => formatCount(loads) },
];

/** A row a node, and one for all of them. */
export function renderTable({ rows, all }: Frame): string[] {
  return [
    line('node', 'port', ({ title }) => title),
    ...rows.map((row) => line(row.id, row.port === 0 ? '-' : String(row.port), ({ cell }) => cell(row))),
    line('all', '', ({ cell }) => cell(all)),
  ];
}

/** The same in one line. */
export function renderLine({ seconds, rows, all }: Frame): string {
  const keys = rows.map(({ id, keys }) => `${id} ${formatCount(keys)}`);
  return [
    `${seconds.toFixed(0)} s`,
    `${formatCount(all.opsPerSecond)} ops/s`,
    `hit rate ${formatRate(all.hitRate)}`,
    `p50 ${formatMs(all.p50)}`,
    `p99 ${formatMs(all.p99)}`,
    `loads ${formatCount(all.loads)}`,
    `keys ${keys.join(', ')}`,
  ].join(' | ');
}

function line(id: string, port: string, text: (column: Column) => string): string {
  const cells = COLUMNS.map((column) => text(column).padStart(column.width));
  return `${id.padEnd(4)}${port.padStart(7)}${cells.join('')}`;
}
