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

type Tallies = ReadonlyMap<string, Tally>;

/** Adds up what the load generator saw and what the nodes told. */
export class RunRecord {
  readonly #tallies = new Map<string, Tally>();
  #seconds = 0;

  get seconds(): number {
    return this.#seconds;
  }

  /** Adds what happened since the last time, and answers the frame of it. */
  add(seconds: number, recent: Tallies, nodes: readonly ObservedNode[]): Frame {
    const elapsed = seconds - this.#seconds;
    this.#seconds = seconds;
    for (const [id, tally] of recent) {
      const known = this.#tallies.get(id);
      if (known) known.add(tally);
      else this.#tallies.set(id, sum([tally]));
    }
    return frameOf(seconds, elapsed, recent, nodes);
  }

  /** Of all nodes, from the start. */
  total(): Tally {
    return sum(this.#tallies.values());
  }

  /** The frame of all the time from the start. */
  whole(nodes: readonly ObservedNode[]): Frame {
    return frameOf(this.#seconds, this.#seconds, this.#tallies, nodes);
  }
}

export function totalStatistics(nodes: readonly ObservedNode[]): NodeStatistics {
  return {
    keys: nodes.reduce((sum, { statistics }) => sum + statistics.keys, 0),
    loads: nodes.reduce((sum, { statistics }) => sum + statistics.loads, 0),
  };
}

function frameOf(seconds: number, elapsed: number, tallies: Tallies, nodes: readonly ObservedNode[]): Frame {
  const rows = nodes.map(({ id, port, statistics }) => {
    return { id, port, ...rowOf(statistics, tallies.get(id) ?? new Tally(), elapsed) };
  });
  return { seconds, rows, all: rowOf(totalStatistics(nodes), sum(tallies.values()), elapsed) };
}

function rowOf({ keys, loads }: NodeStatistics, tally: Tally, elapsed: number): FrameRow {
  return {
    keys,
    loads,
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
