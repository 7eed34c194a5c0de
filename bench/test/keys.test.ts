import { describe, expect, it } from 'vitest';
import { freshKey, keysOf } from '../src/keys.ts';

describe('keys', () => {
  it('have 20 characters and differ', () => {
    const keys = Array.from({ length: 20_000 }, (_, id) => freshKey(id));
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(keys.map(({ length }) => length))).toEqual(new Set([20]));
  });

  it('are equal for the same id, and for all kinds of strings', () => {
    expect(keysOf('fresh', 10)(7)).toBe(freshKey(7));
    expect(keysOf('reused', 10)(7)).toBe(freshKey(7));
    expect(keysOf('integer', 10)(7)).toBe(7);
  });
});
