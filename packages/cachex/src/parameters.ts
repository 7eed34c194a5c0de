import { type Key, keyProblem } from '@cachex/router/hash';
import { parseDuration } from './duration.ts';
import { CacheError } from './errors.ts';

/** Checks one argument of an action and brings it into its one form. */
export interface Parameter<T> {
  /** `'key'` and `'value'` are treated by the facades (hashed, held); `'options'` may be left out and comes last. */
  readonly kind: 'key' | 'value' | 'plain' | 'options';
  check(input: unknown): T;
  /** For `'options'`: names that stay with the caller and never travel. */
  readonly callerOnly?: readonly string[];
}

/** A key: refused with `INVALID_KEY` unless it is one. */
export const keyParameter: Parameter<Key> = {
  kind: 'key',
  check(input) {
    if (typeof input === 'string') return input;
    const problem = keyProblem(input);
    if (problem === undefined) return input as Key;
    throw new CacheError(
      'INVALID_KEY',
      `${problem} is not a key; use a string, number, bigint, boolean, null, or an array of these`,
    );
  },
};

/** A value to be stored. Locally anything; in a cluster it is encoded before anything is sent. */
export const valueParameter: Parameter<unknown> = { kind: 'value', check: (input) => input };

/** Checks and converts one option; throws `INVALID_OPTION` naming it. */
export type OptionCheck = (option: string, input: unknown) => unknown;

/** Any value at all. */
export const anything: OptionCheck = (_option, input) => input;

/** A time to live above zero, or `null` for "never expires". */
export const timeToLive: OptionCheck = (option, input) => (input === null ? null : parseDuration(option, input));

/**
 * The last argument: an object with the options named in `checks` and no others. Options that are `undefined` count as
 * absent. `callerOnly` lists those that the caller's `finish` uses and the owner never sees.
 */
export function optionsParameter<T extends object>(
  checks: { readonly [N in keyof T]-?: OptionCheck },
  callerOnly: readonly (keyof T & string)[] = [],
): Parameter<T | undefined> {
  return {
    kind: 'options',
    callerOnly,
    check: (input) => (input === undefined ? undefined : (checkOptions('options', input, checks) as T)),
  };
}

/** Checks an object of options against a table of known names; unknown ones are refused with the nearest known name. */
export function checkOptions(
  what: string,
  input: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
): Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new CacheError('INVALID_OPTION', `${what} must be an object, not ${input === null ? 'null' : typeof input}`);
  }
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw unknownOption(name, Object.keys(checks));
    if (value !== undefined) checked[name] = check(name, value);
  }
  return checked;
}

function unknownOption(name: string, known: readonly string[]): CacheError {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint =
    nearest !== undefined && nearest.distance <= Math.max(2, name.length / 3)
      ? `did you mean '${nearest.candidate}'?`
      : `known: ${known.length === 0 ? 'none' : known.join(', ')}`;
  return new CacheError('INVALID_OPTION', `unknown option '${name}'; ${hint}`);
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}
