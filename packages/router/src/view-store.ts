import type { Clock } from './clock.ts';
import type { Random } from './random.ts';
import type { View } from './view.ts';

/**
 * Where views are agreed. Three operations and nothing more: whatever can compare and set one value can carry a cluster.
 *
 * An implementation must never let the epoch go back, and of two `compareAndSet` calls with the same `expected` at most
 * one may succeed, whichever processes they come from.
 */
export interface ViewStore {
  /** The newest view, or `undefined` when none was ever stored. */
  read(): Promise<View | undefined>;
  /**
   * Stores `next` if the newest epoch is still `expected` (0: the store is empty) and answers whether it did. A rejection
   * means that the outcome is unknown: read again before you conclude anything.
   */
  compareAndSet(expected: number, next: View): Promise<boolean>;
  /** Calls `changed` soon after a newer view was stored, perhaps too often; a hint to `read`. Returns how to stop. */
  watch(changed: () => void): () => void;
  /** Frees what this process holds; stored views stay. */
  close(): Promise<void>;
}

/** What a store is told about the node that opens it. */
export interface ViewStoreSetting {
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Where the views of many clusters are kept, each under its name: opens the store of one of them. */
export type ViewStorePlace = (setting: ViewStoreSetting) => ViewStore;
