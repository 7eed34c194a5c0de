import type { Action, ClusterCallOptions } from '../action.ts';
import { describe } from '../describe.ts';
import { parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { abortSignal, flag, type OptionCheck, type Parameter, unknownOption } from '../parameters.ts';

/** The options that every clustered method takes, checked. */
export interface CallSettings {
  readonly signal?: AbortSignal;
  /** In ms. */
  readonly timeout?: number;
  readonly local?: boolean;
  readonly partial?: 'allow';
}

const allow: OptionCheck = (option, input) => {
  if (input === 'allow') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not 'allow'`);
};

const checks: Readonly<Record<keyof ClusterCallOptions, OptionCheck>> = {
  signal: abortSignal,
  timeout: parseDuration,
  local: flag,
  partial: allow,
};

const none: CallSettings = Object.freeze({});

/**
 * Takes the options of the call itself out of the arguments, in place; what remains are the action's own. Bad ones are
 * refused with `INVALID_OPTION`.
 */
export function takeCallOptions(action: Action, given: unknown[]): CallSettings {
  const last = action.parameters.length - 1;
  const parameter: Parameter<unknown> | undefined = action.parameters[last];
  const options = given[last];
  // Anything that is not an object of options is left for the action's own check to refuse.
  if (
    parameter?.kind !== 'options' ||
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options)
  ) {
    return none;
  }
  const settings: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(checks, name)) {
      if (value !== undefined) settings[name] = checks[name as keyof ClusterCallOptions](name, value);
    } else if (parameter.names?.includes(name) === true) {
      own[name] = value;
    } else {
      throw unknownOption('', name, [...(parameter.names ?? []), ...Object.keys(checks)]);
    }
  }
  const { route, partial } = action;
  const many =
    route.kind === 'merged' ||
    route.kind === 'batch' ||
    (route.kind === 'caller' && route.everything === true) ||
    partial === true;
  if (settings.partial !== undefined && !many) {
    throw new CacheError(
      'INVALID_OPTION',
      `partial: ${action.name} is not a call about all entries or many keys`,
    );
  }
  given[last] = Object.keys(own).length === 0 ? undefined : own;
  return settings;
}
