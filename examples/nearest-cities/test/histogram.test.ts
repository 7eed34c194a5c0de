import { describe, expect, it } from 'vitest';
import { Histogram } from '../src/histogram.ts';
import { seededRandom } from '../src/weighted-choice.ts';

function histogramOf(samples: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const sample of samples) histogram.record(sample);
  return histogram;
}

describe('Histogram', () => {
  it('answers percentiles within 1 % of the exact ones', () => {
    const random = seededRandom(7);
    // From 0.02 ms to 20 s, evenly on a logarithmic scale.
    const samples = Array.from({ length: 20_000 }, () => 0.02 * 10 ** (6 * random()));
    const sorted = samples.toSorted((a, b) => a - b);
    const histogram = histogramOf(samples);

    for (const p of [0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = sorted[Math.ceil(p * sorted.length) - 1]!;
      expect(Math.abs(histogram.percentile(p)! / exact - 1)).toBeLessThanOrEqual(0.01);
    }
  });

  it('takes the smallest sample that enough others do not exceed', () => {
    const histogram = histogramOf([1, 1, 1, 100]);
    expect(histogram.percentile(0.75)).toBeCloseTo(1, 1);
    expect(histogram.percentile(0.76)! / 100).toBeCloseTo(1, 1);
  });

  it('has no percentile without samples', () => {
    expect(new Histogram().percentile(0.5)).toBeUndefined();
  });

  it('counts what is outside its range at the edge of it', () => {
    const histogram = histogramOf([0, 1e9]);
    expect(histogram.count).toBe(2);
    expect(histogram.percentile(0.5)).toBeCloseTo(0.01, 3);
    expect(histogram.percentile(1)! / 60_000).toBeCloseTo(1, 1);
  });

  it('adds another as if its samples were recorded here', () => {
    const sum = histogramOf([1, 2]);
    sum.add(histogramOf([300, 400]));
    const direct = histogramOf([1, 2, 300, 400]);
    expect(sum.count).toBe(4);
    for (const p of [0.25, 0.5, 0.75, 1]) expect(sum.percentile(p)).toBe(direct.percentile(p));
  });
});
