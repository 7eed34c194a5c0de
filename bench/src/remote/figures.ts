import type { Driven } from './drive.ts';

/** What is measured of a load at once. */
export interface Figures {
  /** Operations a second. */
  readonly throughput: number;
  /** Of operations, in microseconds; half of them, and one of a hundred, took longer. `NaN` where the clock was not looked at. */
  readonly p50: number;
  readonly p99: number;
  /** Seconds of processors for a million operations, of all processes together. Absent where the system does not tell. */
  readonly processor?: number;
}

export type Measure = keyof Figures;

/** What was driven, in figures; `seconds` are those of processors. */
export function figuresOf({ operations, ms, latencies }: Driven, seconds: number | undefined): Figures {
  const sorted = Float64Array.from(latencies).sort();
  return {
    throughput: (operations * 1_000) / ms,
    p50: percentile(sorted, 0.5) * 1_000,
    p99: percentile(sorted, 0.99) * 1_000,
    ...(seconds === undefined ? {} : { processor: (seconds * 1e6) / operations }),
  };
}

/** The least figure that as large a share of them does not exceed; `NaN` of none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
