/** What the main process asks of a node. */
export type Task =
  | { readonly do: 'fill'; readonly count: number }
  /** Read everything, whoever owns it. */
  | { readonly do: 'read'; readonly count: number }
  /** Ask for another share, and wait until it is here. */
  | { readonly do: 'setWeight'; readonly weight: number }
  /** Say what it holds in the view of that epoch or a later one. */
  | { readonly do: 'tell'; readonly epoch: number }
  | { readonly do: 'leave'; readonly within: number };

/** What a node holds. */
export interface Share {
  readonly id: string;
  readonly weight: number;
  readonly partitions: number;
  readonly entries: number;
}

/** What a node answers to each task, once it is done. */
export interface Answer {
  /** Of the view that is told of. */
  readonly epoch: number;
  readonly share: Share;
  /** Of what was read, how many were there and right. */
  readonly found: number;
}
