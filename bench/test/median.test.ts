import { expect, it } from 'vitest';
import { median } from '../src/median.ts';

it('is the middle one, or halfway between the middle two, in whatever order they come', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 2, 4, 1])).toBe(3);
  expect(median([7])).toBe(7);
});

it('leaves the figures as they are, and refuses to make one of nothing', () => {
  const figures = [3, 1, 2];
  median(figures);
  expect(figures).toEqual([3, 1, 2]);
  expect(() => median([])).toThrow(RangeError);
});
