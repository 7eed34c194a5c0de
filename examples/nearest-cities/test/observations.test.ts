import { beforeEach, describe, expect, it } from 'vitest';
import { type Blemishes, Observations } from '../src/observations.ts';

const TOKYO = 1850147;

const bodyOf = (computedAt: number, nearest = 'Chiyoda') =>
  JSON.stringify({ cityId: TOKYO, computedAt, neighbours: [{ name: nearest }] });

describe('Observations', () => {
  let now = 0;
  let window: Blemishes | undefined;
  let observations: Observations;

  beforeEach(() => {
    now = 1_000;
    window = undefined;
    observations = new Observations({ window: () => window, clock: () => now });
  });

  const answerFirst = () => observations.ask(TOKYO)(bodyOf(1_010));

  it('counts the distinct cities that were asked for, answered or not', () => {
    observations.ask(TOKYO);
    observations.ask(TOKYO)(undefined);
    observations.ask(1)(bodyOf(1_010));
    expect(observations.distinctKeys).toBe(2);
  });

  it('finds nothing wrong with a first load, nor with the same answer again', () => {
    window = { misses: 0, errors: 0 };
    answerFirst();
    now = 1_100;
    answerFirst();
    expect(window).toEqual({ misses: 0, errors: 0 });
    expect(observations.staleReads).toBe(0);
  });

  it('takes a city that is loaded again after it had been answered for a miss', () => {
    answerFirst();
    window = { misses: 0, errors: 0 };
    now = 1_100;
    observations.ask(TOKYO)(bodyOf(1_200));
    expect(window.misses).toBe(1);
    expect(observations.staleReads).toBe(0);
  });

  it('does not take a question for a miss that was asked before the city had been answered', () => {
    window = { misses: 0, errors: 0 };
    const early = observations.ask(TOKYO);
    answerFirst();
    early(bodyOf(1_010));
    expect(window.misses).toBe(0);
  });

  it('counts in the window of the answer, or else in that of the question, or nowhere', () => {
    answerFirst();
    const outside = observations.ask(TOKYO);
    const join = { misses: 0, errors: 0 };
    window = join;
    const [first, second] = [observations.ask(TOKYO), observations.ask(TOKYO)];
    outside(undefined);
    window = undefined;
    first(undefined);
    const leave = { misses: 0, errors: 0 };
    window = leave;
    second(undefined);
    window = undefined;
    observations.ask(TOKYO)(undefined);
    expect([join.errors, leave.errors]).toEqual([2, 1]);
  });

  it('takes an answer for stale that is older than one received before the question', () => {
    observations.ask(TOKYO)(bodyOf(1_200));
    observations.ask(TOKYO)(bodyOf(1_010));
    expect(observations.staleReads).toBe(1);
    // The newer one is still what later answers are held against.
    observations.ask(TOKYO)(bodyOf(1_010));
    expect(observations.staleReads).toBe(2);
  });

  it('takes an answer for stale that tells other neighbours', () => {
    answerFirst();
    observations.ask(TOKYO)(bodyOf(1_010, 'Osaka'));
    expect(observations.staleReads).toBe(1);
  });

  it('does not hold an answer against one that came after the question', () => {
    const early = observations.ask(TOKYO);
    observations.ask(TOKYO)(bodyOf(1_200));
    early(bodyOf(1_010));
    expect(observations.staleReads).toBe(0);
  });
});
