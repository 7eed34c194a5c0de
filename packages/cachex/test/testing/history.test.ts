import { describe, expect, it } from 'vitest';
import { CacheError } from '../../src/errors.ts';
import { assertLinearizable, counterModel, History, outcomeOf } from '../../src/testing/index.ts';
import { ManualClock } from '../manual-clock.ts';

const incr = { client: 1, key: 'k', action: 'incr' };

describe('a history', () => {
  it('has what was asked, when, and how it ended', () => {
    let now = 10;
    const history = new History({ now: () => now });
    const settle = history.invoke({ client: 'a', key: ['k', 1], action: 'put', args: [5] });
    now = 12.5;
    settle('ok');
    expect(history.operations).toEqual([
      {
        client: 'a',
        key: ['k', 1],
        action: 'put',
        args: [5],
        invoked: 10,
        returned: 12.5,
        outcome: 'ok',
        result: undefined,
      },
    ]);
  });

  it('calls an operation unknown until it returns', () => {
    const history = new History(new ManualClock());
    history.invoke(incr);
    expect(history.operations).toEqual([{ ...incr, args: [], invoked: 1000, outcome: 'unknown' }]);
  });

  it.each(['failed', 'unknown'] as const)('keeps no answer of one that is %s', (outcome) => {
    const history = new History(new ManualClock());
    history.invoke(incr)(outcome, 5);
    expect(history.operations[0]).toMatchObject({ outcome });
    expect(history.operations[0]).not.toHaveProperty('result');
  });

  it('settles an operation once', () => {
    const settle = new History(new ManualClock()).invoke(incr);
    settle('ok', 1);
    expect(() => settle('unknown')).toThrow('settled before');
  });

  it.each([0, -3, 1e12])('orders events that a clock standing at %s cannot tell apart', (now) => {
    const history = new History({ now: () => now });
    history.invoke(incr)('ok', 1);
    history.invoke(incr)('ok', 2);
    const instants = history.operations.flatMap(({ invoked, returned }) => [invoked, returned!]);
    expect(instants.every((instant, index) => index === 0 || instant > instants[index - 1]!)).toBe(true);
    expect(instants[3]! - now).toBeLessThan(0.01);
    const wrong = new History({ now: () => now });
    wrong.invoke(incr)('ok', 2);
    wrong.invoke(incr)('ok', 1);
    expect(() => assertLinearizable(counterModel(), wrong.operations)).toThrow('What fits nowhere');
  });

  it('records a call with its answer, or with what its error tells', async () => {
    const history = new History(new ManualClock());
    expect(await history.record(incr, async () => 1)).toBe(1);
    const broken = history.record(incr, () => {
      throw new CacheError('UNKNOWN_OUTCOME', 'lost');
    });
    await expect(broken).rejects.toThrow('lost');
    expect(history.operations.map(({ outcome, result }) => [outcome, result])).toEqual([
      ['ok', 1],
      ['unknown', undefined],
    ]);
  });

  it.each([
    ['TIMEOUT', 'failed'],
    ['OVERLOADED', 'failed'],
    ['NON_NUMERIC_VALUE', 'failed'],
    ['UNKNOWN_OUTCOME', 'unknown'],
    ['NODE_DOWN', 'unknown'],
    ['TOO_LARGE', 'unknown'],
  ] as const)('takes a call that failed with %s as %s', (code, outcome) => {
    expect(outcomeOf(new CacheError(code, ''))).toBe(outcome);
  });

  it('takes a call that failed with any other error as unknown', () => {
    expect(outcomeOf(new Error('broken'))).toBe('unknown');
  });
});
