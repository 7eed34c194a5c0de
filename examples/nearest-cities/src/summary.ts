import { formatCount, formatMs, formatRate } from './format.ts';
import { type ObservedCluster, type RunRecord, totalStatistics } from './run-record.ts';
import type { Chapter, StoryRecord } from './story-record.ts';

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
  /** While a node joined: requests for cities that had been answered before and were loaded again; those that failed. */
  readonly joinMisses: number;
  readonly joinErrors: number;
  /** The same while it left. */
  readonly leaveMisses: number;
  readonly leaveErrors: number;
  /** Answers, in the whole run, that were older than one received before the question or told other neighbours. */
  readonly staleReads: number;
  /** Handed over during the join and the leave, and the milliseconds from the first hand-over to the last of each, added up. */
  readonly movedPartitions: number;
  readonly moveMs: number;
}

/** All that was written down in a run. */
export interface Records {
  readonly run: RunRecord;
  readonly story: StoryRecord;
  readonly observations: { readonly distinctKeys: number; readonly staleReads: number };
}

export function summarize({ run, story, observations }: Records, cluster: ObservedCluster): Summary {
  const total = run.total();
  const { join, leave } = story;
  return {
    requests: total.requests,
    hits: total.hits.count,
    hitRate: rounded(total.hitRate ?? 0, 6),
    loads: totalStatistics(cluster).loads,
    distinctKeys: observations.distinctKeys,
    nodes: cluster.nodes.length,
    errors: total.errors,
    hitP50: rounded(total.hits.percentile(0.5), 3),
    hitP99: rounded(total.hits.percentile(0.99), 3),
    loadP50: rounded(total.waits.percentile(0.5), 3),
    joinMisses: join.misses,
    joinErrors: join.errors,
    leaveMisses: leave.misses,
    leaveErrors: leave.errors,
    staleReads: observations.staleReads,
    movedPartitions: join.partitions + leave.partitions,
    moveMs: rounded(join.moveMs + leave.moveMs, 1),
  };
}

export function renderSummary(records: Records, cluster: ObservedCluster): string[] {
  const summary = summarize(records, cluster);
  const { requests, errors, hitRate, hitP50, hitP99, loadP50, nodes } = summary;
  const share = cluster.nodes.map(({ id, statistics }) => `${id} ${formatCount(statistics.keys)}`).join(', ');
  return [
    `${formatCount(requests)} requests in ${records.run.seconds.toFixed(1)} s through ${plural(nodes, 'node')}, ${plural(errors, 'error')}`,
    '',
    `hit rate   ${formatRate(hitRate)}`,
    `loads      ${renderLoads(summary)}`,
    `a hit      p50 ${formatMs(hitP50 ?? undefined)}, p99 ${formatMs(hitP99 ?? undefined)}`,
    `a load     p50 ${formatMs(loadP50 ?? undefined)}${timesSlower(hitP50, loadP50)}`,
    `keys       ${share}`,
    '',
    ...renderStory(records.story),
    `${plural(summary.staleReads, 'answer')} in the whole run ${summary.staleReads === 1 ? 'was' : 'were'} stale.`,
  ];
}

function renderLoads({ loads, distinctKeys }: Summary): string {
  const numbers = `${formatCount(loads)} for ${plural(distinctKeys, 'distinct city', 'distinct cities')}`;
  if (loads === 0 || loads !== distinctKeys) return numbers;
  return `${numbers}: each was computed once in the whole cluster`;
}

function renderStory({ join, leave, current }: StoryRecord): string[] {
  if (join.completed === 0 && current !== join) return ['The run ended before another node joined.'];
  const lines = [`While a node joined${times(join)}, ${renderChapter(join)}`];
  if (leave.completed > 0 || current === leave) {
    lines.push(`While it left${times(leave)}, ${renderChapter(leave)}`);
  }
  if (current) lines.push(`The run ended while it ${current === join ? 'joined' : 'left'}.`);
  else if (join.completed > leave.completed) lines.push('The run ended before it left.');
  return lines;
}

function renderChapter({ partitions, moveMs, misses, errors }: Chapter): string {
  const moved = `${plural(partitions, 'partition')} moved in ${formatMs(moveMs)}`;
  return `${moved} under load: ${plural(misses, 'miss', 'misses')}, ${plural(errors, 'error')}.`;
}

function times({ completed }: Chapter): string {
  return completed > 1 ? ` (${completed} times)` : '';
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
