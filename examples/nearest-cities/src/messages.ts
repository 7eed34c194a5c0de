/** What a node tells the process that started it. */
export type FromNode =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'statistics'; readonly statistics: NodeStatistics }
  | { readonly type: 'report'; readonly statistics: NodeStatistics }
  | { readonly type: 'failed'; readonly message: string };

/** What a node is told: answer with a report, or close and exit. */
export type ToNode = { readonly type: 'report' } | { readonly type: 'stop' };

export interface NodeStatistics {
  /** Keys this node owns. */
  readonly keys: number;
  /** How often the loader ran on this node. */
  readonly loads: number;
}
