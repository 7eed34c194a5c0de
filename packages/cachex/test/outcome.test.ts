import { describe, expect, it } from 'vitest';
import { commit, ignore, readOutcome } from '../src/outcome.ts';

describe('what a loader returns', () => {
  it('is committed when it is a bare value, undefined excepted', () => {
    expect(readOutcome('ada')).toEqual({ store: true, value: 'ada', ttl: undefined });
    expect(readOutcome(null)).toEqual({ store: true, value: null, ttl: undefined });
    expect(readOutcome({ value: 1, ttl: 2 })).toEqual({
      store: true,
      value: { value: 1, ttl: 2 },
      ttl: undefined,
    });
    expect(readOutcome(undefined)).toEqual({ store: false, value: undefined, ttl: undefined });
  });

  it('is committed with its own time to live', () => {
    expect(readOutcome(commit('ada', { ttl: '5m' }))).toEqual({ store: true, value: 'ada', ttl: 300_000 });
    expect(readOutcome(commit('ada', { ttl: null }))).toEqual({ store: true, value: 'ada', ttl: null });
    expect(readOutcome(commit(undefined))).toEqual({ store: true, value: undefined, ttl: undefined });
  });

  it('is only answered when ignored', () => {
    expect(readOutcome(ignore('ada'))).toEqual({ store: false, value: 'ada', ttl: undefined });
  });

  it('has its time to live checked where it is made', () => {
    expect(() => commit('ada', { ttl: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  it.each<[options: unknown, message: string]>([
    [{ tll: '5m' }, "unknown option 'tll'; did you mean 'ttl'?"],
    ['5m', "options must be an object, not '5m'"],
  ])('refuses the options %j', (options, message) => {
    expect(() => commit('ada', options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    );
  });
});
