import type { Key } from '@cachex/router/hash';
import { keyProblem } from '@cachex/router/hash';
import type { Given, Option } from './command.ts';
import { usage } from './failure.ts';

/** Says that keys are not to be taken for strings. */
export const typedOption: Option = {
  name: 'typed',
  about: `keys are JSON, such as 42, true or '["user", 7]'; without it they are strings`,
};

/** A key as it was written. */
export function keyOf(text: string, given: Given): Key {
  if (!given.flag('typed')) return text;
  const key = jsonOf('<key>', text, 'a string needs its quotes: \'"ada"\'');
  const problem = keyProblem(key);
  if (problem === undefined) return key as Key;
  throw usage(`<key>: ${problem} is not a key`, 'use a string, number, boolean, null, or an array of these');
}

/** What is written as JSON. */
export function jsonOf(what: string, text: string, hint: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${what} is not JSON: ${(error as Error).message}`, hint);
  }
}

/** What would move the cursor of a terminal, or end a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
const controls = /[\u0000-\u001f\u007f-\u009f]/;

/** A key as people read it, in one line, and can write it with `--typed` if it is no plain string. */
export function showKey(key: Key): string {
  if (typeof key === 'string' && !controls.test(key)) return key;
  return JSON.stringify(key, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** Bytes as people read them. */
export function showBytes(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** Milliseconds as people read them. */
export function showDuration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)}ms`;
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ];
  for (const [unit, size] of units) if (ms >= size) return `${Number((ms / size).toFixed(1))}${unit}`;
  return `${Number((ms / 1_000).toFixed(1))}s`;
}

/** A share as people read it. */
export function showShare(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** How many there are of something: `1 entry`, `2 entries`. */
export function showCount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
