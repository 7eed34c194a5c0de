// What the server tells the page. This file is a part of both, and imports nothing.

/** How late the event loop of a node was, in ms. */
export interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How long callers at a node waited, in ms. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A node, as the view has it and as it has said of itself. Figures are `null` while they are not known. */
export interface NodeFrame {
  readonly id: string;
  /** Which of the colours it has; it keeps it for as long as it is there. */
  readonly colour: number;
  readonly weight: number;
  readonly build: string | null;
  /** Partitions that it owns, and those of which it has a copy. */
  readonly owned: number;
  readonly copies: number;
  readonly opened: readonly string[];
  /** Whether the link from the node with the dashboard stands. */
  readonly up: boolean;
  /** Why it has no figures. */
  readonly silent: string | null;
  readonly uptime: number | null;
  readonly entries: number | null;
  /** Calls that it executed, evictions and loads, a second. */
  readonly calls: number | null;
  readonly evictions: number | null;
  readonly loads: number | null;
  /** From 0 to 1; `null` also where nothing was read. */
  readonly hitRate: number | null;
  readonly latency: Latency | null;
  readonly rss: number | null;
  readonly heap: number | null;
  readonly delay: Delay | null;
}

/** A cache: its settings in words, and its figures of all nodes together. */
export interface CacheFrame {
  readonly name: string;
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Whether it is open at the node with the dashboard. */
  readonly open: boolean;
  readonly entries: number | null;
  readonly bytes: number | null;
  readonly calls: number | null;
  readonly hitRate: number | null;
  readonly evictions: number | null;
  readonly loads: number | null;
  /** Nodes that have opened it and do not count what is called. */
  readonly uncounted: readonly string[];
}

/** What is asked for most: keys or partitions. */
export interface HotFrame {
  readonly cache: string;
  /** `null` for a partition. */
  readonly key: string | null;
  readonly partition: number;
  readonly owner: string | null;
  /** Calls a second, about. */
  readonly calls: number;
  /** Of all calls of the cache, from 0 to 1. */
  readonly share: number;
}

/** One value after another, each with how often it comes. */
export type Runs<T> = readonly (readonly [value: T, count: number])[];

/** Who owns which partition, and who has copies: by position in `ids`; -1 nobody. */
export interface RingFrame {
  readonly ids: readonly string[];
  readonly owners: Runs<number>;
  readonly backups: Runs<readonly number[]>;
}

/** What a view changed. */
export interface ChangeFrame {
  readonly epoch: number;
  /** Wall-clock ms since 1970, at the node with the dashboard. */
  readonly at: number;
  readonly words: readonly string[];
}

/** What charts are drawn of: a value for each node that had one, in the order of `ids`. */
export interface PointFrame {
  readonly at: number;
  readonly ids: readonly string[];
  readonly calls: readonly (number | null)[];
  readonly hitRate: readonly (number | null)[];
  readonly latency: readonly (number | null)[];
  readonly rss: readonly (number | null)[];
  readonly evictions: readonly (number | null)[];
  readonly delay: readonly (number | null)[];
}

/** Everything that is shown. What is large is left out while it is as it was in the frame before. */
export interface Frame {
  readonly at: number;
  readonly cluster: string;
  /** The node with the dashboard. */
  readonly self: string;
  readonly epoch: number;
  readonly partitions: number;
  readonly unowned: number;
  readonly underReplicated: number;
  readonly moving: number;
  readonly router: string | null;
  readonly redundancy: number;
  /** Whether this reader may change anything. */
  readonly mayAct: boolean;
  readonly nodes: readonly NodeFrame[];
  readonly caches: readonly CacheFrame[];
  readonly hotKeys: readonly HotFrame[];
  readonly hotPartitions: readonly HotFrame[];
  readonly ring?: RingFrame;
  readonly changes?: readonly ChangeFrame[];
  /** Those since the last frame, or all that are remembered. */
  readonly points: readonly PointFrame[];
}

/** What may be asked for with a token. */
export type Act =
  | { readonly act: 'setWeight'; readonly node: string; readonly weight: number }
  | { readonly act: 'clear'; readonly cache: string }
  | { readonly act: 'del'; readonly cache: string; readonly key: unknown };
