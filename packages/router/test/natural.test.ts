import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naturalOrder } from '../src/natural.ts';

const texts = fc.oneof(
  fc.stringMatching(/^[ab0-9.:-]{0,8}$/),
  fc.stringMatching(/^[0-9]{1,30}$/),
  fc.string({ maxLength: 6 }),
);

describe('naturalOrder', () => {
  it.each([
    ['node-9', 'node-10'],
    ['1.9.2', '1.10.0'],
    ['2024-12-31', '2025-01-01'],
    ['2025-06-01T08:00:00Z', '2025-06-01T11:00:00Z'],
    ['9', '10'],
    ['v2', 'v12'],
    ['1.2.0', '1.2.0-rc.1'],
    ['', 'a'],
    ['10', 'a'],
    ['99999999999999999999', '100000000000000000000'],
  ])('has %s before %s', (earlier, later) => {
    expect(naturalOrder(earlier, later)).toBeLessThan(0);
    expect(naturalOrder(later, earlier)).toBeGreaterThan(0);
  });

  it('takes no notice of zeros before a number', () => {
    expect(naturalOrder('node-007', 'node-7')).toBe(0);
    expect(naturalOrder('007', '08')).toBeLessThan(0);
  });

  it('orders whatever it is given, the same in whichever order it comes', () => {
    fc.assert(
      fc.property(texts, texts, texts, (a, b, c) => {
        expect(Math.sign(naturalOrder(a, b))).toBe(-Math.sign(naturalOrder(b, a)) + 0);
        expect(naturalOrder(a, a)).toBe(0);
        if (naturalOrder(a, b) <= 0 && naturalOrder(b, c) <= 0)
          expect(naturalOrder(a, c)).toBeLessThanOrEqual(0);
        if (naturalOrder(a, b) < 0 && naturalOrder(b, c) <= 0) expect(naturalOrder(a, c)).toBeLessThan(0);
      }),
      { numRuns: 2_000 },
    );
  });
});
