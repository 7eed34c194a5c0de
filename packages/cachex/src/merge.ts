import type { Merge } from './action.ts';

/** Adds numbers up. */
export const sum: Merge<number> = {
  name: 'sum',
  combine: (parts) => parts.reduce((total, part) => total + part, 0),
};

/** Joins lists. */
export const concat: Merge<unknown[]> = { name: 'concat', combine: (parts) => parts.flat(1) };
