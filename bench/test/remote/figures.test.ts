import { describe, expect, it } from 'vitest';
import { figuresOf, percentile } from '../../src/remote/figures.ts';

describe('figures', () => {
  it('are of a second, in microseconds, and of a million operations', () => {
    const latencies = Array.from({ length: 100 }, (_, n) => (100 - n) / 1_000);
    expect(figuresOf({ operations: 500, ms: 250, latencies }, 0.002)).toEqual({
      ...{ throughput: 2_000, p50: 50, p99: 99, processor: 4 },
    });
  });

  it('leave out what the system does not tell', () => {
    expect(figuresOf({ operations: 1, ms: 1, latencies: [1] }, undefined)).not.toHaveProperty('processor');
  });

  it('have percentiles of few as well', () => {
    expect(percentile(Float64Array.of(7), 0.99)).toBe(7);
    expect(percentile(Float64Array.of(1, 2), 0.5)).toBe(1);
    expect(percentile(Float64Array.of(), 0.5)).toBeNaN();
  });
});
