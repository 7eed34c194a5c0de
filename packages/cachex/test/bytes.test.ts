import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBytes } from '../src/bytes.ts';

describe('a number of bytes', () => {
  it.each([
    [1, 1],
    [1_000.9, 1_000],
    ['1b', 1],
    ['64kb', 64 * 1_024],
    ['256mb', 256 * 1_024 ** 2],
    ['1.5gb', 1.5 * 1_024 ** 3],
    ['0.5kb', 512],
    ['1MB', 1_024 ** 2],
  ])('may be %j', (input, bytes) => {
    expect(parseBytes('bytes', input)).toBe(bytes);
  });

  it('is the same in units and without', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 20 }),
        fc.constantFrom('b', 'kb', 'mb', 'gb'),
        (amount, unit) => {
          const factor = 1_024 ** ['b', 'kb', 'mb', 'gb'].indexOf(unit);
          expect(parseBytes('bytes', `${amount}${unit}`)).toBe(parseBytes('bytes', amount * factor));
        },
      ),
    );
  });

  it.each([
    0,
    -5,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '0kb',
    '0.5b',
    '64',
    '64 kb',
    '64k',
    '1tb',
    '1e3kb',
    `${'9'.repeat(400)}gb`,
    '',
    null,
    true,
    {},
  ])('is not %j', (input) => {
    expect(() => parseBytes('limit.bytes', input)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(
          /^limit\.bytes: .* is not a number of bytes; use a number, or a string such as/,
        ),
      }),
    );
  });
});
