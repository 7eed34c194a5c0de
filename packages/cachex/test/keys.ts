import type { Key } from '@cachex/router/hash';

/** Keys that must all be told apart, each with a name. */
export const distinctKeys: readonly (readonly [name: string, key: Key])[] = [
  ['a number', 1],
  ['the string of it', '1'],
  ['the bigint of it', 1n],
  ['a list of it', [1]],
  ['a list of its string', ['1']],
  ['a list in a list', [[1]]],
  ['zero', 0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a fraction', 0.1],
  ['a large bigint', 2n ** 100n],
  ['true', true],
  ['the string of true', 'true'],
  ['null', null],
  ['the string of null', 'null'],
  ['the empty string', ''],
  ['the empty list', []],
  ['a composite key', ['user', 5, null, true]],
  ['one in another order', [5, 'user', null, true]],
  ['a text beyond ASCII', 'Ünïcödé 🐚'],
];

/** Pairs that are the same key. */
export const sameKeys: readonly (readonly [name: string, one: Key, other: Key])[] = [
  ['-0 and 0', -0, 0],
  ['NaN and NaN', Number.NaN, 0 / 0],
  ['lists of equal content', ['user', [1, Number.NaN]], ['user', [1, Number.NaN]]],
  ['-0 and 0 in a list', ['user', -0], ['user', 0]],
];

/** Enough keys that every node of a small cluster owns some. */
export const manyKeys: readonly string[] = Array.from({ length: 30 }, (_, n) => `key-${n}`);
