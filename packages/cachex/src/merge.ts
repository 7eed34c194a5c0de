import type { Merge } from './action.ts';

/** Adds numbers up. */
export const sum: Merge<number> = {
  name: 'sum',
  combine: (parts) => parts.reduce((total, part) => total + part, 0),
};

/** Whether all parts say so. */
export const every: Merge<boolean> = {
  name: 'every',
  combine: (parts) => parts.every((part) => part),
};

/** Joins lists. */
export function concat<T>(): Merge<T[]> {
  return { name: 'concat', combine: (parts) => ([] as T[]).concat(...parts) };
}
