import { describe, expect, it } from 'vitest';
import { isPlain } from '../src/serializable.ts';

describe('a plain value', () => {
  it('is a tree of JSON types', () => {
    const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: `row ${id}` }));
    for (const value of [1, 'a', true, null, [], {}, { a: [1, { b: null }] }, rows])
      expect(isPlain(value)).toBe(true);
  });

  it('is none that the plainest encoding would change', () => {
    const shared = { a: 1 };
    const round: unknown[] = [];
    round.push(round);
    const rows = Array.from({ length: 40 }, () => ({ shared: {} as object }));
    rows[39]!.shared = rows[0]!;
    const deep = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) as unknown;
    const throwing = {
      get a(): never {
        throw new Error('no');
      },
    };
    for (const value of [
      undefined,
      1n,
      [undefined],
      new Map(),
      new Date(0),
      Buffer.alloc(1),
      Object.create(null),
      [shared, shared],
      round,
      rows,
      deep,
      throwing,
      { constructor: 1 },
      { toJSON: 1 },
      () => 1,
    ])
      expect(isPlain(value)).toBe(false);
  });
});
