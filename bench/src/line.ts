/** What figures are in. */
export type Unit =
  | 'ns/op'
  | 'ms'
  | 'ms/s'
  | 'bytes'
  | 'bytes/entry'
  | 'bytes/s'
  | 'messages/s'
  | 'partitions'
  | 'views'
  | 'ops/s'
  | 'entries'
  | 'hit ratio';

/** Of which units more is better; of the others, less. */
const moreIsBetter: ReadonlySet<Unit> = new Set<Unit>(['ops/s', 'entries', 'hit ratio']);

/** One result of a benchmark, as `--json` prints it. */
export interface Line {
  readonly suite: string;
  readonly case: string;
  /** The figure of cachex, in `unit`. */
  readonly ours: number;
  /** The figure that it is compared with. */
  readonly peer: number;
  readonly peerName: string;
  /** At least 1 where cachex is better, whatever the unit. */
  readonly ratio: number;
  readonly unit: string;
  /** The ratio to reach, where one is set. */
  readonly target?: number;
}

/** How many times better `ours` is than `peer`. */
export function ratioOf(unit: Unit, ours: number, peer: number): number {
  return moreIsBetter.has(unit) ? ours / peer : peer / ours;
}

/** Whether a line has reached what it was to reach; `undefined` without a target. */
export function reached({ ratio, target }: Pick<Line, 'ratio' | 'target'>): boolean | undefined {
  return target === undefined ? undefined : ratio >= target;
}
