import { hashKey, type Key } from '@cachex/router/hash';
import type { BatchAction } from './action.ts';
import { describe } from './describe.ts';
import { CacheError } from './errors.ts';
import type { Engine } from './local/engine.ts';
import { ownKey } from './local/keys.ts';
import type { ValueForm } from './local/value-form.ts';
import { checkKey, type Parameter } from './parameters.ts';

// biome-ignore lint/suspicious/noExplicitAny: the table holds actions of every type of item.
export type AnyBatch = BatchAction<any, any>;

/** A key and its value. */
export type Pair = readonly [key: Key, value: unknown];

/** Whether one more result has room in an answer. */
export type Room = (result: unknown) => boolean;

/**
 * Executes the items of one call in their order, and counts them. Answers a result for each; where an answer has `room` for
 * some only, for the first of them. One always has room. Only reads are given a bound.
 */
export function executeBatch(
  engine: Engine,
  action: AnyBatch,
  items: readonly unknown[],
  options: unknown,
  room?: Room,
): unknown[] {
  action.check?.(engine, items);
  const { statistics } = engine;
  const results: unknown[] = [];
  for (const item of items) {
    const result = action.execute(engine, hashKey(action.route.keyOf(item)), item, options);
    if (room?.(result) === false && results.length > 0) break;
    results.push(result);
    const counter = statistics === undefined ? undefined : action.countsItem?.(result);
    if (counter !== undefined) statistics!.add(counter);
  }
  return results;
}

/** Keys, from anything that can be walked through. */
export const keysParameter: Parameter<readonly Key[]> = {
  kind: 'plain',
  check: (input) => [...listOf('keys', input)].map((key, index) => keyOfList(`keys[${index}]`, key)),
};

/** Keys with their values, from anything that can be walked through: a `Map`, or a list of pairs. */
export const pairsParameter: Parameter<readonly Pair[]> = {
  kind: 'value',
  check: (input) => [...listOf('pairs', input)].map(checkPair),
  hold: (values, pairs) =>
    pairs.map(([key, value], index) => [key, holdPart(`pairs[${index}]`, values, value)]),
  open: (values, held) => (held as readonly Pair[]).map(([key, value]) => [key, values.open(value)]),
};

/** Holds a value that is a part of an argument; what is wrong with it is said to be wrong there. */
export function holdPart(where: string, values: ValueForm, value: unknown): unknown {
  try {
    return values.hold(value);
  } catch (cause) {
    const { code, message } = cause as CacheError;
    throw code === undefined ? cause : new CacheError(code, `${where}: ${message}`, { cause });
  }
}

function listOf(name: string, input: unknown): Iterable<unknown> {
  const walk = (input as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator];
  if (typeof input === 'object' && typeof walk === 'function') return input as Iterable<unknown>;
  throw new CacheError(
    'INVALID_OPTION',
    `${name}: ${describe(input)} is not a list; use an array, a Set or a Map`,
  );
}

function checkPair(pair: unknown, index: number): Pair {
  const where = `pairs[${index}]`;
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new CacheError('INVALID_OPTION', `${where}: ${describe(pair)} is not a pair [key, value]`);
  return [keyOfList(where, pair[0]), pair[1]];
}

/** A copy, because the list may be on its way for a while. */
function keyOfList(where: string, input: unknown): Key {
  try {
    return ownKey(checkKey(input));
  } catch (cause) {
    throw new CacheError('INVALID_KEY', `${where}: ${(cause as CacheError).message}`, { cause });
  }
}
