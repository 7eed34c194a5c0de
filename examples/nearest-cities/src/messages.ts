/** What a node tells the process that started it. */
export type FromNode =
  /** It takes part in the cluster; its share of the keys is still on the way. */
  | { readonly type: 'joined' }
  /** It holds its share and serves. */
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'statistics'; readonly statistics: NodeStatistics }
  | { readonly type: 'report'; readonly statistics: NodeStatistics }
  | { readonly type: 'moved'; readonly handover: Handover }
  /** It has left the cluster; nothing follows. */
  | { readonly type: 'left'; readonly statistics: NodeStatistics }
  | { readonly type: 'failed'; readonly message: string };

/** What a node is told: answer with a report, or leave the cluster within that time and exit. */
export type ToNode = { readonly type: 'report' } | { readonly type: 'leave'; readonly withinMs: number };

export interface NodeStatistics {
  /** Keys this node owns. */
  readonly keys: number;
  /** How often the loader ran on this node. */
  readonly loads: number;
  /** Partitions this node owns. */
  readonly partitions: number;
  /** Partitions of any node that this one knows to be on their way, or waiting for it. */
  readonly moving: number;
}

export const NOTHING_YET: NodeStatistics = { keys: 0, loads: 0, partitions: 0, moving: 0 };

/** A group of partitions that a node gave to another. */
export interface Handover {
  readonly partitions: number;
  /** When it was done, by `wallClock()`, and how long it took, in ms. */
  readonly at: number;
  readonly duration: number;
}
