import { describe, expect, it } from 'vitest';
import { ratioOf, reached, type Unit } from '../src/line.ts';

describe('a ratio', () => {
  const better: [Unit, number, number][] = [
    ['ns/op', 50, 100],
    ['ms', 5, 10],
    ['bytes/entry', 100, 200],
    ['ops/s', 200, 100],
    ['MB/s', 200, 100],
    ['CPU s/M ops', 1, 2],
    ['entries', 200, 100],
    ['hit ratio', 0.8, 0.4],
  ];

  it.each(better)('is 2 where cachex is twice as good, in %s', (unit, ours, peer) => {
    expect(ratioOf(unit, ours, peer)).toBe(2);
    expect(ratioOf(unit, peer, ours)).toBe(0.5);
  });

  it('is 1 where both are the same, even nothing, and 0 where there is something that should not be', () => {
    expect(ratioOf('misses', 0, 0)).toBe(1);
    expect(ratioOf('misses', 3, 0)).toBe(0);
  });

  it('has reached its target when it is as large', () => {
    expect(reached({ ratio: 2, target: 2 })).toBe(true);
    expect(reached({ ratio: 1.9, target: 2 })).toBe(false);
    expect(reached({ ratio: 0.1 })).toBeUndefined();
  });
});
