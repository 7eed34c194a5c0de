import { describe, expect, it } from 'vitest';
import { RunRecord } from '../src/run-record.ts';
import { renderSummary, summarize } from '../src/summary.ts';
import { type Outcomes, tallyOf, twoNodes } from './recording.ts';

function recordOf(outcomes: Outcomes): RunRecord {
  const record = new RunRecord();
  record.add(20, new Map([['a', tallyOf(outcomes)]]), twoNodes);
  return record;
}

describe('summarize', () => {
  it('counts hits and requests that waited, but no errors, as requests', () => {
    const record = recordOf({ hits: [1, 1, 1], waits: [40], errors: 2 });
    const summary = summarize(record, 1234, twoNodes);
    expect(summary).toMatchObject({ requests: 4, hits: 3, hitRate: 0.75, errors: 2, nodes: 2 });
    expect(summary).toMatchObject({ loads: 1234, distinctKeys: 1234 });
    expect(summary.hitP50).toBeCloseTo(1, 1);
    expect(summary.hitP99).toBeCloseTo(1, 1);
    expect(summary.loadP50! / 40).toBeCloseTo(1, 1);
  });

  it('has the fields that are promised, also when nothing was asked', () => {
    expect(JSON.parse(JSON.stringify(summarize(recordOf({}), 0, [])))).toEqual({
      requests: 0,
      hits: 0,
      hitRate: 0,
      loads: 0,
      distinctKeys: 0,
      nodes: 0,
      errors: 0,
      hitP50: null,
      hitP99: null,
      loadP50: null,
    });
  });
});

describe('renderSummary', () => {
  const render = (outcomes: Outcomes, distinctKeys: number) => {
    const record = recordOf(outcomes);
    return renderSummary(summarize(record, distinctKeys, twoNodes), record.seconds, twoNodes).join('\n');
  };

  it('says what a reader wants to know', () => {
    const text = render({ hits: [1, 1, 1], waits: [40], errors: 1 }, 1234);
    expect(text).toContain('4 requests in 20.0 s through 2 nodes, 1 error\n');
    expect(text).toContain('hit rate   75.0 %\n');
    expect(text).toContain(
      'loads      1,234 for 1,234 distinct cities: each was computed once in the whole cluster\n',
    );
    expect(text).toMatch(/a hit {6}p50 (0\.99|1\.00|1\.01) ms, p99 /);
    expect(text).toMatch(/a load {5}p50 (39|40)\.\d ms, \d\d times a hit\n/);
    expect(text).toContain('keys       a 700, b 534');
  });

  it('claims nothing when the numbers differ', () => {
    expect(render({ hits: [1] }, 1233)).toContain('loads      1,234 for 1,233 distinct cities\n');
  });

  it('has something to say about an empty run', () => {
    expect(render({}, 0)).toContain('0 requests in 20.0 s through 2 nodes, 0 errors');
    expect(render({}, 0)).toContain('a hit      p50 -, p99 -\na load     p50 -\n');
  });
});
