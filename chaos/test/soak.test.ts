import { describe, expect, it } from 'vitest';
import { plot } from '../src/soak/plot.ts';
import { type Point, slope, trendOf } from '../src/soak/trend.ts';

const every10s = (value: (at: number) => number, seconds = 600): Point[] =>
  Array.from({ length: seconds / 10 + 1 }, (_, n) => ({ at: 10 * n, value: value(10 * n) }));
const noise = { share: 0.1, least: 4 };

describe('the slope', () => {
  it('is that of a line, wherever it begins', () => {
    expect(slope(every10s((at) => 1_000 + 2.5 * at))).toBeCloseTo(2.5);
    expect(slope(every10s((at) => 50 - at))).toBeCloseTo(-1);
    expect(slope(every10s(() => 7))).toBe(0);
  });

  it('has the least squares', () => {
    const points = [1, 2, 4].map((value, at) => ({ at, value }));
    expect(slope(points)).toBeCloseTo(1.5);
  });

  it('is none of nothing, and of a single point', () => {
    expect(slope([])).toBe(0);
    expect(slope([{ at: 3, value: 9 }])).toBe(0);
  });
});

describe('a trend', () => {
  it('rises with what leaks a little all the time', () => {
    const leak = trendOf(
      every10s((at) => 100 + at / 20),
      noise,
    );
    expect(leak.rise).toBeCloseTo(20);
    expect(leak.grows).toBe(true);
  });

  it('leaves out the first third, in which things fill up', () => {
    const filling = trendOf(
      every10s((at) => Math.min(at, 200)),
      noise,
    );
    expect(filling).toEqual({ mean: 200, rise: 0, allowed: 20, grows: false });
  });

  it('does not mind what comes and goes each minute, nor what becomes less', () => {
    expect(
      trendOf(
        every10s((at) => (at % 60 < 30 ? 10 : 14)),
        noise,
      ).grows,
    ).toBe(false);
    expect(
      trendOf(
        every10s((at) => 100 - at / 10),
        noise,
      ).grows,
    ).toBe(false);
  });

  it('allows a share of the mean, and the least of what counts in any case', () => {
    const few = (rise: number): boolean =>
      trendOf(
        every10s((at) => 3 + (rise * (at - 200)) / 400),
        noise,
      ).grows;
    expect(few(3.9)).toBe(false);
    expect(few(4.1)).toBe(true);
    const many = (rise: number): boolean =>
      trendOf(
        every10s((at) => 1_000 + (rise * (at - 400)) / 400),
        noise,
      ).grows;
    expect(many(99)).toBe(false);
    expect(many(101)).toBe(true);
  });

  it('is none of too little', () => {
    expect(trendOf([], noise)).toMatchObject({ rise: 0, grows: false });
    expect(trendOf([{ at: 0, value: 5 }], noise)).toMatchObject({ mean: 5, rise: 0, grows: false });
  });
});

describe('a plot', () => {
  it('has a panel for each figure, a line for each process, and names them safely', () => {
    const series = ['n1', 'n2'].map((name) => ({ name, points: every10s((at) => at, 120) }));
    const panel = { title: 'heap & <all>', series, label: (value: number) => `${value} B` };
    const svg = plot('a run', [panel, { ...panel, title: 'files' }]);
    expect(svg).toMatch(/^<svg [^>]*viewBox[\s\S]*<\/svg>\n$/);
    expect(svg.match(/<polyline/g)).toHaveLength(4);
    for (const words of [
      '<title>a run',
      'heap &amp; &lt;all>',
      '>120 B<',
      '>0 B<',
      '>2 min<',
      '>n1<',
      '>n2<',
    ])
      expect(svg).toContain(words);
    expect(svg).not.toContain('NaN');
  });
});
