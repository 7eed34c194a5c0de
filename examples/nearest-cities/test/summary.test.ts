import { describe, expect, it } from 'vitest';
import { RunRecord } from '../src/run-record.ts';
import { StoryRecord } from '../src/story-record.ts';
import { type Records, renderSummary, summarize } from '../src/summary.ts';
import { type Outcomes, tallyOf, twoNodes } from './recording.ts';

function recordsOf(outcomes: Outcomes, distinctKeys: number, staleReads = 0): Records {
  const run = new RunRecord();
  run.add(20, new Map([['a', tallyOf(outcomes)]]), twoNodes);
  return { run, story: new StoryRecord(), observations: { distinctKeys, staleReads } };
}

/** One join and one leave, with a blemish or two. */
function tellStory({ story }: Records): void {
  story.begin('join');
  story.moved({ partitions: 1024, at: 1_100, duration: 100.04 });
  story.join.misses = 1;
  story.end();
  story.begin('leave');
  story.moved({ partitions: 1000, at: 5_050, duration: 50 });
  story.leave.errors = 2;
}

describe('summarize', () => {
  it('counts hits and requests that waited, but no errors, as requests', () => {
    const summary = summarize(recordsOf({ hits: [1, 1, 1], waits: [40], errors: 2 }, 1234), twoNodes);
    expect(summary).toMatchObject({ requests: 4, hits: 3, hitRate: 0.75, errors: 2, nodes: 2 });
    expect(summary).toMatchObject({ loads: 1234, distinctKeys: 1234 });
    expect(summary.hitP50).toBeCloseTo(1, 1);
    expect(summary.hitP99).toBeCloseTo(1, 1);
    expect(summary.loadP50! / 40).toBeCloseTo(1, 1);
  });

  it('has the fields that are promised, also when nothing was asked', () => {
    expect(JSON.parse(JSON.stringify(summarize(recordsOf({}, 0), { nodes: [], goneLoads: 0 })))).toEqual({
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
      joinMisses: 0,
      joinErrors: 0,
      leaveMisses: 0,
      leaveErrors: 0,
      staleReads: 0,
      movedPartitions: 0,
      moveMs: 0,
    });
  });

  it('adds what was seen while a node joined and left, and the loads of a node that has gone', () => {
    const records = recordsOf({ hits: [1] }, 1300, 3);
    tellStory(records);
    expect(summarize(records, { ...twoNodes, goneLoads: 66 })).toMatchObject({
      loads: 1300,
      nodes: 2,
      joinMisses: 1,
      joinErrors: 0,
      leaveMisses: 0,
      leaveErrors: 2,
      staleReads: 3,
      movedPartitions: 2024,
      moveMs: 150,
    });
  });
});

describe('renderSummary', () => {
  const render = (outcomes: Outcomes, distinctKeys: number) => {
    return renderSummary(recordsOf(outcomes, distinctKeys), twoNodes).join('\n');
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

  it('tells of the node that came and went', () => {
    const records = recordsOf({}, 0);
    tellStory(records);
    records.story.end();
    expect(renderSummary(records, twoNodes).slice(-3)).toEqual([
      'While a node joined, 1,024 partitions moved in 100 ms under load: 1 miss, 0 errors.',
      'While it left, 1,000 partitions moved in 50.0 ms under load: 0 misses, 2 errors.',
      '0 answers in the whole run were stale.',
    ]);
  });

  it('says where the run ended in the middle of it', () => {
    const records = recordsOf({}, 0, 1);
    expect(renderSummary(records, twoNodes)).toContain('The run ended before another node joined.');
    records.story.begin('join');
    expect(renderSummary(records, twoNodes)).toContain('The run ended while it joined.');
    records.story.end();
    expect(renderSummary(records, twoNodes)).toContain('The run ended before it left.');
    records.story.begin('leave');
    expect(renderSummary(records, twoNodes)).toContain('The run ended while it left.');
    expect(renderSummary(records, twoNodes).at(-1)).toBe('1 answer in the whole run was stale.');
  });

  it('says how often, when it went on for long', () => {
    const records = recordsOf({}, 0);
    tellStory(records);
    records.story.end();
    tellStory(records);
    records.story.end();
    const text = renderSummary(records, twoNodes).join('\n');
    expect(text).toContain('While a node joined (2 times), 2,048 partitions moved in 200 ms');
    expect(text).toContain('While it left (2 times), 2,000 partitions');
  });
});
