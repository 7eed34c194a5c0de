import { describe, expect, it } from 'vitest';
import { parseDuration, parseSignedDuration } from '../src/duration.ts';

describe('durations', () => {
  it.each([
    [250, 250],
    [0.5, 0.5],
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
  ])('reads %j as %d ms', (input, ms) => {
    expect(parseDuration('ttl', input)).toBe(ms);
  });

  it.each([[0], [-1], ['0s'], ['-5m']])(
    'refuses %j where it must be above zero, and reads it elsewhere',
    (input) => {
      expect(() => parseDuration('ttl', input)).toThrow(/^ttl: .*above zero/);
      expect(parseSignedDuration('ttl', input)).toBeLessThanOrEqual(0);
    },
  );

  it.each([
    [Number.NaN],
    ['5 minutes'],
    ['5'],
    ['m'],
    [''],
    ['5M'],
    ['1e3s'],
    [null],
    [undefined],
    [true],
    [{}],
    [Object.create(null)],
    [[]],
    [5n],
    [Symbol('5m')],
    [new Date(0)],
  ])('refuses %s, naming the option', (input) => {
    expect(() => parseSignedDuration('expiration.interval', input)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^expiration\.interval: /),
      }),
    );
  });
});
