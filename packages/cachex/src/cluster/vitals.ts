import { hostname } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { RoutedNode } from '@cachex/router';
import type { Duration } from '../duration.ts';
import type { Engine } from '../local/engine.ts';
import type { CacheStats } from '../local/statistics.ts';
import { readPackageVersion } from './package-version.ts';

/** One cache at one node. */
export interface CacheVitals {
  /** Entries of its own that are in memory, expired ones included. */
  readonly size: number;
  /** Their bytes, as the `limit` counts them; `null` without `limit.bytes`. */
  readonly bytes: number | null;
  /** What this node has counted; `null` unless it was opened with `stats: true`. */
  readonly stats: CacheStats | null;
}

/** How the process of a node is. Times are in ms, sizes in bytes. */
export interface NodeVitals {
  readonly id: string;
  /** The version of this package. */
  readonly version: string;
  /** The version of Node.js. */
  readonly runtime: string;
  readonly host: string;
  readonly pid: number;
  /** Since the process started. */
  readonly uptime: number;
  /** What its wall clock shows. */
  readonly wallTime: number;
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly heapTotal: number };
  readonly eventLoop: {
    /** The share of its time in which the process had something to do, since it started. */
    readonly utilization: number;
    /** By how much timers were late while it was watched for that; `null` if it was not. */
    readonly delay: { readonly mean: number; readonly p99: number; readonly max: number } | null;
  };
  readonly caches: Readonly<Record<string, CacheVitals>>;
}

/** Options of {@link ClusterNode.vitals}. */
export interface VitalsOptions {
  /** The id of another node that is to tell. Default: this one. */
  readonly node?: string;
  /** For how long it first looks how late its event loop is, up to 10 s. Default: not at all. */
  readonly watch?: Duration;
  /** How long it may take beside that. Default: that of the node's calls. */
  readonly timeout?: Duration;
}

const nanoseconds = 1e6;
/** How often a timer is set while the event loop is watched, in ms. */
const resolution = 10;

/** Tells about this process; with `watch` it first looks for so many ms how late its event loop is. */
export async function readVitals(
  node: RoutedNode,
  engines: ReadonlyMap<string, Engine>,
  watch: number,
): Promise<NodeVitals> {
  const delay = watch > 0 ? await delayWithin(node, watch) : null;
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  return {
    id: node.id,
    version: readPackageVersion(),
    runtime: process.version,
    host: hostname(),
    pid: process.pid,
    uptime: process.uptime() * 1_000,
    wallTime: node.clock.wallTime(),
    memory: { rss, heapUsed, heapTotal },
    eventLoop: { utilization: performance.eventLoopUtilization().utilization, delay },
    caches: Object.fromEntries([...engines].map(([name, engine]) => [name, vitalsOf(engine)])),
  };
}

function vitalsOf({ store, limits, statistics }: Engine): CacheVitals {
  return { size: store.length, bytes: limits?.bytes ?? null, stats: statistics?.read() ?? null };
}

async function delayWithin(node: RoutedNode, watch: number): Promise<NodeVitals['eventLoop']['delay']> {
  const monitor = monitorEventLoopDelay({ resolution });
  monitor.enable();
  try {
    await new Promise<void>((resolve) => void node.clock.after(watch, resolve));
  } finally {
    monitor.disable();
  }
  // What is measured is the whole time between two timers.
  const late = (time: number): number =>
    Number.isFinite(time) ? Math.max(0, time / nanoseconds - resolution) : 0;
  return { mean: late(monitor.mean), p99: late(monitor.percentile(99)), max: late(monitor.max) };
}
