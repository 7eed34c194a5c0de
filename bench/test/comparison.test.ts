import { describe, expect, it } from 'vitest';
import { type Comparison, lineOf, runsOf, wanted } from '../src/comparison.ts';
import { identityOf, type Run } from '../src/run.ts';

const run = (candidate: string): Run => ({
  candidate,
  measurement: { kind: 'time', mix: 'hit', keys: 'fresh', entries: 10 },
});
const [ours, one, other] = [run('cachex'), run('one'), run('other')];
const base = { case: 'get hit', unit: 'ns/op', ours } as const;
const figures = new Map([
  [identityOf(ours), 50],
  [identityOf(one), 200],
]);

describe('comparisons', () => {
  it('measure each run once, however many lines it is in', () => {
    const comparisons: Comparison[] = [
      { ...base, peer: one, peerName: 'one' },
      { ...base, peer: other, peerName: 'other' },
      { ...base, peer: { constant: 1 }, peerName: 'recorded' },
    ];
    expect(runsOf(comparisons)).toEqual([ours, one, other]);
  });

  it('become lines', () => {
    expect(lineOf('local', { ...base, peer: one, peerName: 'one', target: 2.5 }, figures)).toEqual({
      suite: 'local',
      case: 'get hit',
      ours: 50,
      peer: 200,
      peerName: 'one',
      ratio: 4,
      unit: 'ns/op',
      target: 2.5,
    });
  });

  it('convert what is measured, and leave constants as they are', () => {
    const comparison: Comparison = {
      ...{ ...base, unit: 'ops/s', peer: { constant: 5e6 }, peerName: 'recorded' },
      convert: (ns) => 1e9 / ns,
    };
    expect(lineOf('local', comparison, figures)).toMatchObject({ ours: 2e7, peer: 5e6, ratio: 4 });
  });

  it('are wanted by a text in what is printed of them', () => {
    const line = { case: 'get hit, 100 k', peerName: 'LRU' };
    expect(wanted('local', line)).toBe(true);
    expect(wanted('local', line, 'lru')).toBe(true);
    expect(wanted('local', line, 'get hit')).toBe(true);
    expect(wanted('local', line, 'miss')).toBe(false);
  });
});
