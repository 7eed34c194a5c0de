import { describe, expect, it } from 'vitest';
import { judge, type Observed, roomOf } from '../src/overload/judge.ts';
import type { Pressed } from '../src/overload/pressing.ts';
import type { Probes } from '../src/overload/probing.ts';

const probes = (latency: number, more: Partial<Probes> = {}): Probes => ({
  ...{ latencies: Array.from({ length: 100 }, () => latency), codes: {}, lasted: 1_000 },
  ...more,
});
const told = (more: Partial<Pressed> = {}): Pressed => ({
  ...{ asked: 1_000, answered: 100, codes: { OVERLOADED: 900 }, longest: 300, silent: 0 },
  ...more,
});
const borne: Observed = {
  name: 'too much',
  pressed: [told(), told()],
  others: { before: probes(20), meanwhile: probes(150) },
  owner: { before: probes(20), after: probes(90) },
  growth: 1_000,
};
const bounds = { timeout: 2_000, room: 2_000 };

describe('the judgement of an overload', () => {
  it('has nothing against one that is borne', () => {
    expect(judge(borne, bounds)).toEqual([]);
  });

  it.each<[string, Partial<Observed>, RegExp]>([
    ['memory beyond what links may hold', { growth: 2_001 }, /grew by 2001 bytes/],
    ['a load that nobody refused', { pressed: [told({ codes: {} })] }, /nobody was told OVERLOADED/],
    [
      'more who wait in vain than are refused',
      { pressed: [told({ codes: { OVERLOADED: 10, TIMEOUT: 11 } })] },
      /11 calls were TIMEOUT/,
    ],
    [
      'any other outcome',
      { pressed: [told(), told({ codes: { OVERLOADED: 1, NODE_DOWN: 1 } })] },
      /told NODE_DOWN/,
    ],
    ['a call without an outcome', { pressed: [told({ silent: 1 }), told()] }, /1 calls have no outcome/],
    ['an outcome long after the deadline', { pressed: [told({ longest: 3_001 })] }, /ended after 3001 ms/],
    [
      'others who fail',
      { others: { ...borne.others, meanwhile: probes(1, { codes: { TIMEOUT: 1 } }) } },
      /others failed/,
    ],
    ['others who become slow', { others: { ...borne.others, meanwhile: probes(201) } }, /others were slow/],
    [
      'others of whom nothing is heard',
      { others: { ...borne.others, meanwhile: probes(1, { latencies: [] }) } },
      /others were slow/,
    ],
    [
      'an owner that still refuses',
      { owner: { ...borne.owner, after: probes(1, { codes: { OVERLOADED: 1 } }) } },
      /after the load calls failed/,
    ],
    ['an owner that stays slow', { owner: { ...borne.owner, after: probes(300) } }, /slow after the load/],
    [
      'an owner that does less than before',
      { owner: { ...borne.owner, after: probes(20, { lasted: 2_100 }) } },
      /48 calls a second .* 100 before/,
    ],
  ])('names %s', (_what, seen, sentence) => {
    expect(judge({ ...borne, ...seen }, bounds)).toEqual([expect.stringMatching(sentence)]);
  });

  it('allows a process what its limits say, and its heap besides', () => {
    const one = roomOf({ inFlight: 100, queued: 1_000_000 }, 1);
    expect(roomOf({ inFlight: 100, queued: 1_000_000 }, 2) - one).toBe(4 * 1_000_000 + 2 * 100 * 4_096);
    expect(roomOf({ inFlight: 0, queued: 0 }, 5)).toBe(64 * 1024 * 1024);
  });
});
