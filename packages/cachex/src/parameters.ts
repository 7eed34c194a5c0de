import { type Key, keyProblem } from '@cachex/router/hash';
import { describe, suggestion } from './describe.ts';
import { parseDuration, parseTimeLeft } from './duration.ts';
import { CacheError } from './errors.ts';
import type { ValueForm } from './local/value-form.ts';

/** Checks one argument of an action and brings it into its one form. */
export interface Parameter<T> {
  /** `'key'` and `'value'` are treated by the facades (hashed, held); `'options'` may be left out and comes last. */
  readonly kind: 'key' | 'value' | 'plain' | 'options';
  check(input: unknown): T;
  /** For `'value'`: how a checked argument is held, where that is not simply `values.hold`. */
  hold?(values: ValueForm, checked: T): unknown;
  /** The opposite of `hold`, for hooks: the argument as the user gave it. */
  open?(values: ValueForm, held: unknown): unknown;
  /** Refuses a checked argument that is fine in this process but cannot be sent to another: `NOT_SERIALIZABLE`. */
  wire?(checked: T): void;
  /** For `'options'`: the names it knows. */
  readonly names?: readonly string[];
  /** For `'options'`: names that stay with the caller and never travel. */
  readonly callerOnly?: readonly string[];
}

/** Refuses with `INVALID_KEY` what is not a key. */
export function checkKey(input: unknown): Key {
  if (typeof input === 'string') return input;
  const problem = keyProblem(input);
  if (problem === undefined) return input as Key;
  throw new CacheError(
    'INVALID_KEY',
    `${problem} is not a key; use a string, number, bigint, boolean, null, or an array of these`,
  );
}

/** A key: refused with `INVALID_KEY` unless it is one. */
export const keyParameter: Parameter<Key> = { kind: 'key', check: checkKey };

/** A value to be stored. Locally anything; in a cluster it is encoded before anything is sent. */
export const valueParameter: Parameter<unknown> = { kind: 'value', check: (input) => input };

/** Refuses a function that would have to run on another node. For `wire` checks. */
export function refuseClosure(name: string, checked: unknown): void {
  if (typeof checked !== 'function') return;
  throw new CacheError(
    'NOT_SERIALIZABLE',
    `${name}: a function cannot be sent to another node; register it under \`functions\` on every node that opens the cache and pass its name`,
  );
}

/** Checks and converts one option; throws `INVALID_OPTION` naming it. */
export type OptionCheck = (option: string, input: unknown) => unknown;

/** Any value at all. */
export const anything: OptionCheck = (_option, input) => input;

/** A time to live above zero, or `null` for "never expires". */
export const timeToLive = (option: string, input: unknown): number | null => {
  const ms = input === null ? null : parseDuration(option, input);
  return ms === Number.POSITIVE_INFINITY ? null : ms;
};

/** A duration above zero, in ms. */
export const duration: OptionCheck = parseDuration;

/** A duration of zero or more, in ms. */
export const timeToWait: OptionCheck = parseTimeLeft;

/** An integer that a double holds exactly. */
export const safeInteger = (option: string, input: unknown): number => {
  if (Number.isSafeInteger(input)) return input as number;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a safe integer`);
};

/** `true` or `false`. */
export const flag = (option: string, input: unknown): boolean => {
  if (typeof input === 'boolean') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not true or false`);
};

/** A function. */
export const callback: OptionCheck = (option, input) => {
  if (typeof input === 'function') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a function`);
};

/** What ends a call early. */
export const abortSignal: OptionCheck = (option, input) => {
  if (input instanceof AbortSignal) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an AbortSignal`);
};

/** The path of a file at this process. */
export const pathParameter: Parameter<string> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'string' && input !== '') return input;
    throw new CacheError('INVALID_OPTION', `path: ${describe(input)} is not the path of a file`);
  },
};

/** An integer from 1. */
export const positiveInteger = (option: string, input: unknown): number => {
  if (Number.isSafeInteger(input) && (input as number) > 0) return input as number;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an integer from 1`);
};

/** A string that is not empty. */
export const nameFrom = (option: string, input: unknown): string => {
  if (typeof input === 'string' && input !== '') return input;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is not a name; use a string that is not empty`,
  );
};

/** A number from 0 to 1. */
export const share = (option: string, input: unknown): number => {
  if (typeof input === 'number' && input >= 0 && input <= 1) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a number from 0 to 1`);
};

/** An object of further options, whose names are reported as `'outer.inner'`. */
export function group(checks: Readonly<Record<string, OptionCheck>>): OptionCheck {
  return (option, input) => checkOptions(option, input, checks, `${option}.`);
}

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
    names: Object.keys(checks),
    callerOnly,
    check: (input) => (input === undefined ? undefined : (checkOptions('options', input, checks) as T)),
  };
}

/** Checks an object of options against a table of known names; unknown ones are refused with the nearest known name. */
export function checkOptions(
  what: string,
  input: unknown,
  checks: Readonly<Record<string, OptionCheck>>,
  prefix = '',
): Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new CacheError('INVALID_OPTION', `${what} must be an object, not ${describe(input)}`);
  }
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw unknownOption(prefix, name, Object.keys(checks));
    if (value !== undefined) checked[name] = check(prefix + name, value);
  }
  return checked;
}

/** The error for a name that no option has. */
export function unknownOption(prefix: string, name: string, known: readonly string[]): CacheError {
  return new CacheError('INVALID_OPTION', `unknown option '${prefix}${name}'; ${suggestion(name, known)}`);
}
