import { describe } from '../describe.ts';
import { parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { checkOptions, flag, nameFrom, type OptionCheck } from '../parameters.ts';
import type { Warmer, WarmerSettings } from './warmers.ts';

const executable: OptionCheck = (option, input) => {
  if (typeof input === 'function') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a function`);
};

const checks: Readonly<Record<keyof Warmer, OptionCheck>> = {
  name: nameFrom,
  interval: parseDuration,
  required: flag,
  execute: executable,
};

/** The warmers of a cache, with what they leave out filled in. */
export const warmerList: OptionCheck = (option, input) => {
  if (!Array.isArray(input))
    throw new CacheError('INVALID_OPTION', `${option} must be an array of warmers, not ${describe(input)}`);
  const names = new Set<string>();
  return input.map((given: unknown, index): WarmerSettings => {
    const at = `${option}[${index}]`;
    const checked = checkOptions(at, given, checks, `${at}.`) as Partial<WarmerSettings>;
    const { name, interval, required = false } = checked;
    if (name === undefined || checked.execute === undefined)
      throw new CacheError('INVALID_OPTION', `${at}.${name === undefined ? 'name' : 'execute'} is missing`);
    if (names.has(name))
      throw new CacheError('INVALID_OPTION', `${at}.name: '${name}' is the name of another warmer`);
    names.add(name);
    const execute = (given as WarmerSettings).execute.bind(given);
    return {
      name,
      interval: interval === Number.POSITIVE_INFINITY ? undefined : interval,
      required,
      execute,
    };
  });
};
