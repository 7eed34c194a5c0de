/** A key that every candidate takes. */
export type Key = string | number;

/** A cache as the loops see it. Adapters add nothing but the call. */
export interface SyncCache {
  readonly get: (key: Key) => unknown;
  readonly put: (key: Key, value: unknown) => void;
}

/** One whose operations have to be awaited. */
export interface AsyncCache {
  readonly get: (key: Key) => Promise<unknown>;
  readonly put: (key: Key, value: unknown) => Promise<unknown>;
}

interface Traits {
  /** Unique among candidates: the package, and how it is set up where that differs from its neighbours. */
  readonly name: string;
  /** Whether entries have a time to live as it is set up here. */
  readonly ttl: boolean;
  /** Whether it evicts. */
  readonly limit: boolean;
  /** How many entries it may hold, as a multiple of what it was told. Default: 1. */
  readonly slack?: number;
  /** Whether only strings are keys. Default: `false`. */
  readonly onlyStrings?: boolean;
  /** Whether it is measured with `--full` alone, because another set-up of the same package tells more. Default: `false`. */
  readonly onlyFull?: boolean;
}

/** A cache that grows old when it is told to, to see how it expires everything at once. */
export interface Ageing {
  readonly cache: SyncCache;
  readonly size: () => number;
  /** Lets the time to live of all that is there pass. */
  readonly age: () => void;
}

export interface SyncCandidate extends Traits {
  readonly style: 'sync';
  /** A new cache for that many entries. */
  readonly open: (size: number, ttl?: number) => SyncCache;
  readonly openAgeing?: (size: number) => Ageing;
}

export interface AsyncCandidate extends Traits {
  readonly style: 'async';
  readonly open: (size: number, ttl?: number) => AsyncCache;
}

/** Something that is measured. */
export type Candidate = SyncCandidate | AsyncCandidate;

/** The time to live that nothing reaches while it is measured, in ms. */
export const anHour = 3_600_000;
