import { formatCount, formatMs, formatRate } from './format.ts';
import { type ObservedNode, type RunRecord, totalStatistics } from './run-record.ts';

export interface Summary {
  /** Answered requests: hits and those that waited for a load. */
  readonly requests: number;
  readonly hits: number;
  readonly hitRate: number;
  /** How often the loader ran, on all nodes together. */
  readonly loads: number;
  /** How many different cities were asked for. */
  readonly distinctKeys: number;
  readonly nodes: number;
  /** Requests that were not answered, or not with status 200. */
  readonly errors: number;
  /** Milliseconds; `null` without such a request. */
  readonly hitP50: number | null;
  readonly hitP99: number | null;
  readonly loadP50: number | null;
}

export function summarize(record: RunRecord, distinctKeys: number, nodes: readonly ObservedNode[]): Summary {
  const total = record.total();
  return {
    requests: total.requests,
    hits: total.hits.count,
    hitRate: rounded(total.hitRate ?? 0, 6),
    loads: totalStatistics(nodes).loads,
    distinctKeys,
    nodes: nodes.length,
    errors: total.errors,
    hitP50: rounded(total.hits.percentile(0.5), 3),
    hitP99: rounded(total.hits.percentile(0.99), 3),
    loadP50: rounded(total.waits.percentile(0.5), 3),
  };
}

export function renderSummary(summary: Summary, seconds: number, nodes: readonly ObservedNode[]): string[] {
  const { requests, errors, hitRate, hitP50, hitP99, loadP50 } = summary;
  const share = nodes.map(({ id, statistics }) => `${id} ${formatCount(statistics.keys)}`).join(', ');
  return [
    `${formatCount(requests)} requests in ${seconds.toFixed(1)} s through ${plural(nodes.length, 'node')}, ${plural(errors, 'error')}`,
    '',
    `hit rate   ${formatRate(hitRate)}`,
    `loads      ${renderLoads(summary)}`,
    `a hit      p50 ${formatMs(hitP50 ?? undefined)}, p99 ${formatMs(hitP99 ?? undefined)}`,
    `a load     p50 ${formatMs(loadP50 ?? undefined)}${timesSlower(hitP50, loadP50)}`,
    `keys       ${share}`,
  ];
}

function renderLoads({ loads, distinctKeys }: Summary): string {
  const numbers = `${formatCount(loads)} for ${plural(distinctKeys, 'distinct city', 'distinct cities')}`;
  if (loads === 0 || loads !== distinctKeys) return numbers;
  return `${numbers}: each was computed once in the whole cluster`;
}

function timesSlower(hit: number | null, load: number | null): string {
  return hit && load ? `, ${formatCount(load / hit)} times a hit` : '';
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function rounded(value: number, digits: number): number;
function rounded(value: number | undefined, digits: number): number | null;
function rounded(value: number | undefined, digits: number): number | null {
  return value === undefined ? null : Number(value.toFixed(digits));
}
