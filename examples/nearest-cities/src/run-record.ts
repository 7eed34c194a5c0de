import type { NodeStatistics } from './messages.ts';
import { Tally } from './tally.ts';

/** What happened in some stretch of time, by node. */
export interface Frame {
  /** Since the load began. */
  readonly seconds: number;
  readonly rows: readonly (FrameRow & { readonly id: string; readonly port: number })[];
  readonly all: FrameRow;
}

export interface FrameRow {
  /** Now. */
  readonly keys: number;
  /** Since the start. */
  readonly loads: number;
  /** Owned now. */
  readonly partitions: number;
  readonly opsPerSecond: number;
  readonly hitRate: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export interface ObservedNode {
  readonly id: string;
  readonly port: number;
  readonly statistics: NodeStatistics;
}

export interface ObservedCluster {
  readonly nodes: readonly ObservedNode[];
  /** How often the loader ran on nodes that have left. */
  readonly goneLoads: number;
}

type Tallies = ReadonlyMap<string, Tally>;

/** Adds up what the load generator saw and what the nodes told. */
export class RunRecord {
  readonly #tallies = new Map<string, Tally>();
  #seconds = 0;

  get seconds(): number {
    return this.#seconds;
  }

  /** Adds what happened since the last time, and answers the frame of it. */
  add(seconds: number, recent: Tallies, cluster: ObservedCluster): Frame {
    const elapsed = seconds - this.#seconds;
    this.#seconds = seconds;
    for (const [id, tally] of recent) {
      const known = this.#tallies.get(id);
      if (known) known.add(tally);
      else this.#tallies.set(id, sum([tally]));
    }
    return frameOf(seconds, elapsed, recent, cluster);
  }

  /** Of all nodes, from the start. */
  total(): Tally {
    return sum(this.#tallies.values());
  }

  /** The frame of all the time from the start. */
  whole(cluster: ObservedCluster): Frame {
    return frameOf(this.#seconds, this.#seconds, this.#tallies, cluster);
  }
}

/** Of all nodes; the loads include those of nodes that have left. */
export function totalStatistics({ nodes, goneLoads }: ObservedCluster): NodeStatistics {
  const total = (field: keyof NodeStatistics) =>
    nodes.reduce((sum, { statistics }) => sum + statistics[field], 0);
  return {
    keys: total('keys'),
    loads: total('loads') + goneLoads,
    partitions: total('partitions'),
    moving: total('moving'),
  };
}

function frameOf(seconds: number, elapsed: number, tallies: Tallies, cluster: ObservedCluster): Frame {
  const rows = cluster.nodes.map(({ id, port, statistics }) => {
    return { id, port, ...rowOf(statistics, tallies.get(id) ?? new Tally(), elapsed) };
  });
  return { seconds, rows, all: rowOf(totalStatistics(cluster), sum(tallies.values()), elapsed) };
}

function rowOf({ keys, loads, partitions }: NodeStatistics, tally: Tally, elapsed: number): FrameRow {
  return {
    keys,
    loads,
    partitions,
    opsPerSecond: elapsed > 0 ? tally.requests / elapsed : 0,
    hitRate: tally.hitRate,
    p50: tally.percentile(0.5),
    p99: tally.percentile(0.99),
  };
}

function sum(tallies: Iterable<Tally>): Tally {
  const all = new Tally();
  for (const tally of tallies) all.add(tally);
  return all;
}
