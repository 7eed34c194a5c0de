import { RouterError } from './errors.ts';

/** One node's part of a call to partitions: what it answered, and for which of them. */
export interface Part<T> {
  readonly value: T;
  readonly covered: Iterable<number>;
  /** The node that answered, and what it noted beside. */
  readonly from: string;
  readonly note: number | undefined;
}

/** How far a call to partitions has come. */
export interface Unfinished<T> {
  readonly parts: readonly Part<T>[];
  readonly missing: readonly number[];
  /** How many partitions were to be covered. */
  readonly wanted: number;
  readonly epoch: number;
  /** Whether it may have been executed for some that are missing, and executing it twice would do harm. */
  readonly doubtful: boolean;
}

/** A call to partitions that could not cover all of them in time. */
export class PartialResultError<T = unknown> extends RouterError {
  readonly parts: readonly Part<T>[];
  readonly missing: readonly number[];
  readonly epoch: number;
  readonly doubtful: boolean;

  constructor({ parts, missing, wanted, epoch, doubtful }: Unfinished<T>, cause: unknown) {
    super('PARTIAL_RESULT', `${missing.length} of ${wanted} partitions did not answer in time`, { cause });
    this.parts = parts;
    this.missing = missing;
    this.epoch = epoch;
    this.doubtful = doubtful;
  }
}
