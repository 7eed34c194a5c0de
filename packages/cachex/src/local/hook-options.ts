import { actions } from '../actions/index.ts';
import { describe, suggestion } from '../describe.ts';
import { parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { checkOptions, flag, nameFrom, type OptionCheck, positiveInteger } from '../parameters.ts';
import type { Hook, HookSettings } from './hooks.ts';
import { serviceEventNames } from './service-events.ts';

const defaultTimeout = 5_000;
const defaultQueue = 10_000;

const method: OptionCheck = (option, input) => {
  if (typeof input === 'function') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a function`);
};

const type: OptionCheck = (option, input) => {
  if (input === 'pre' || input === 'post' || input === 'service') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is none of 'pre', 'post', 'service'`);
};

const list: OptionCheck = (option, input) => {
  if (input === 'all' || Array.isArray(input)) return input;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is neither 'all' nor an array of names`,
  );
};

const checks: Readonly<Record<keyof Hook, OptionCheck>> = {
  name: nameFrom,
  type,
  actions: list,
  async: flag,
  timeout: parseDuration,
  queue: positiveInteger,
  init: method,
  notify: method,
  reset: method,
};

type CheckedHook = Partial<HookSettings>;

/** The hooks of a cache, with what they leave out filled in. */
export const hookList: OptionCheck = (option, input) => {
  if (!Array.isArray(input)) {
    throw new CacheError('INVALID_OPTION', `${option} must be an array of hooks, not ${describe(input)}`);
  }
  const names = new Set<string>();
  return input.map((given: unknown, index) => {
    const hook = readHook(`${option}[${index}]`, given, `hook-${index + 1}`);
    if (names.has(hook.name)) {
      throw new CacheError(
        'INVALID_OPTION',
        `${option}[${index}].name: '${hook.name}' is the name of another hook`,
      );
    }
    names.add(hook.name);
    return hook;
  });
};

function readHook(option: string, given: unknown, unnamed: string): HookSettings {
  const checked = checkOptions(option, given, checks, `${option}.`) as CheckedHook;
  const { name = unnamed, actions: told = 'all', async = false } = checked;
  const { timeout = defaultTimeout, queue = defaultQueue } = checked;
  for (const required of ['type', 'notify'] as const) {
    if (checked[required] !== undefined) continue;
    throw new CacheError('INVALID_OPTION', `${option}.${required} is missing`);
  }
  for (const alone of ['timeout', 'queue'] as const) {
    if (checked[alone] === undefined || async) continue;
    throw new CacheError('INVALID_OPTION', `${option}.${alone} is for hooks with { async: true }`);
  }
  if (told !== 'all') checkNames(`${option}.actions`, told, checked.type!);
  // Called as methods of what was given, so that a hook may keep things beside them.
  const { init, notify, reset } = given as Required<HookSettings>;
  return {
    ...{ name, type: checked.type!, actions: told === 'all' ? told : [...told], async, timeout, queue },
    notify: notify.bind(given),
    ...(checked.init === undefined ? {} : { init: init.bind(given) }),
    ...(checked.reset === undefined ? {} : { reset: reset.bind(given) }),
  };
}

function checkNames(option: string, names: readonly unknown[], kind: HookSettings['type']): void {
  const known: readonly string[] = kind === 'service' ? serviceEventNames : Object.keys(actions);
  const what = kind === 'service' ? 'an event of the cache' : 'an action';
  for (const name of names) {
    if (typeof name === 'string' && known.includes(name)) continue;
    const alias = Object.values(actions).find((action) => action.aliases?.some((other) => other === name));
    const hint =
      alias !== undefined && kind !== 'service'
        ? `it is another name of '${alias.name}'`
        : suggestion(typeof name === 'string' ? name : '', known);
    throw new CacheError('INVALID_OPTION', `${option}: ${describe(name)} is not ${what}; ${hint}`);
  }
}
