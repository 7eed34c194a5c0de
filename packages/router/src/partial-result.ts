import { RouterError } from './errors.ts';

/** One node's part of a call to partitions: what it answered, and for which of them. */
export interface Part<T> {
  readonly value: T;
  readonly covered: Iterable<number>;
}

/** A call to partitions that could not cover all of them in time. */
export class PartialResultError<T = unknown> extends RouterError {
  readonly parts: readonly Part<T>[];
  readonly missing: readonly number[];
  readonly epoch: number;

  constructor(
    parts: readonly Part<T>[],
    missing: readonly number[],
    partitions: number,
    epoch: number,
    cause: unknown,
  ) {
    super('PARTIAL_RESULT', `${missing.length} of ${partitions} partitions did not answer in time`, {
      cause,
    });
    this.parts = parts;
    this.missing = missing;
    this.epoch = epoch;
  }
}
