import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateSize } from '../../src/local/size.ts';

describe('the estimated size', () => {
  it.each<[what: string, value: unknown, bytes: number]>([
    ['a string, one byte a character', 'abc', 3],
    ['a string that needs two a character', 'ab\u0109', 6],
    ['a string of Latin-1', '\u00e9\u00ff', 2],
    ['the empty string', '', 0],
    ['a number', 5, 8],
    ['a boolean', true, 8],
    ['nothing', undefined, 8],
    ['null', null, 8],
    ['a bigint', 2n ** 64n, 16 + 9],
    ['a symbol', Symbol('a'), 16],
    ['a function', () => 5, 16],
    ['a buffer', Buffer.alloc(100), 100],
    ['a part of a buffer', new Uint8Array(new ArrayBuffer(100), 10, 20), 20],
    ['doubles', new Float64Array(10), 80],
    ['an ArrayBuffer', new ArrayBuffer(7), 7],
    ['an object', { a: 1, b: 'xyz' }, 32 + 16 + 8 + 16 + 3],
    ['an array', [1, 'xyz'], 32 + 8 + 8 + 8 + 3],
    ['a Map', new Map([['a', 1]]), 32 + 16 + 1 + 8],
    ['a Set', new Set(['a', 'b']), 32 + 8 + 1 + 8 + 1],
    ['an object in an object', { a: { b: 1 } }, 32 + 16 + 32 + 16 + 8],
    ['a buffer in an object', { a: Buffer.alloc(100) }, 32 + 16 + 64 + 100],
  ])('of %s', (_what, value, bytes) => {
    expect(estimateSize(value)).toBe(bytes);
  });

  it('of what holds itself ends, and counts what is met again once', () => {
    const self: { again?: unknown } = {};
    self.again = self;
    expect(estimateSize(self)).toBe(32 + 16 + 8);
    const shared = { text: 'x'.repeat(1_000) };
    expect(estimateSize([shared, shared]) - estimateSize([shared])).toBe(16);
  });

  it('looks no deeper than it says, and no further', () => {
    let deep: unknown = 'x'.repeat(10_000);
    for (let n = 0; n < 9; n += 1) deep = { deep };
    expect(estimateSize(deep)).toBeLessThan(1_000);
    const wide = Array.from({ length: 100_000 }, () => ({ text: 'x'.repeat(100) }));
    // Beyond the first thousand, objects count as empty ones.
    expect(estimateSize(wide)).toBeLessThan(100_000 * (8 + 32) + 1_000 * 200);
  });

  it('of more is more, of any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), (value, more) => {
        expect(estimateSize(value)).toBeGreaterThanOrEqual(0);
        expect(estimateSize([value, more])).toBeGreaterThan(estimateSize([value]));
      }),
    );
  });
});
