import type { Action, Method } from './action.ts';
import type { Engine } from './local/engine.ts';
import type { HookOutcome, Listeners } from './local/hooks.ts';
import { byReference, type ValueForm } from './local/value-form.ts';
import { checkKey, type Parameter } from './parameters.ts';

/** How a call is reported. */
export interface ReportOptions {
  /** The form in which values among the arguments and in the result are held; none if they are as the user has them. */
  readonly values?: ValueForm;
  /** Whether it may turn out, while it waits, that it is not executed here at all (see `Reconsider` of the router). */
  readonly mayMove?: boolean;
  /** Whether a promise is the answer under way, not a value. */
  readonly waits: boolean;
}

/**
 * Executes a call, and tells the hooks of this node of it: once, when it is certain that it is executed here. What is
 * to be told is made only if somebody is told, and values are opened only if somebody looks at them.
 */
export function reported(
  engine: Engine,
  action: Action,
  args: readonly unknown[],
  { values, mayMove = false, waits }: ReportOptions,
  execute: () => unknown,
): unknown {
  const listeners = engine.hooks?.listeners(action.name);
  if (listeners === undefined) return execute();
  const call = recordOf(action, args, values);
  if (!waits) return reportedAtOnce(listeners, call, action, args, values, execute);
  const begin = (): void => {
    for (const hook of listeners.before) hook.tell(call, undefined);
  };
  const end = (outcome: HookOutcome): void => {
    for (const hook of listeners.after) hook.tell(call, outcome);
  };
  const early = !mayMove;
  const succeed = (result: unknown): unknown => {
    if (!early) begin();
    if (listeners.after.length > 0) end(outcomeOf(action, result, args, values));
    return result;
  };
  const fail = (error: unknown): void => {
    if (isReconsidered(error)) return;
    if (!early) begin();
    end({ error });
  };
  if (early) begin();
  let result: unknown;
  try {
    result = execute();
  } catch (error) {
    fail(error);
    throw error;
  }
  if (!(result instanceof Promise)) return succeed(result);
  return result.then(succeed, (error) => {
    fail(error);
    throw error;
  });
}

/** The same for an action that never waits, as most do: one hook must not cost a `get` as much again. */
function reportedAtOnce(
  { before, after }: Listeners,
  call: CallRecord,
  action: Action,
  args: readonly unknown[],
  values: ValueForm | undefined,
  execute: () => unknown,
): unknown {
  for (const hook of before) hook.tell(call, undefined);
  if (after.length === 0) return execute();
  let result: unknown;
  try {
    result = execute();
  } catch (error) {
    if (!isReconsidered(error)) for (const hook of after) hook.tell(call, { error });
    throw error;
  }
  const outcome = outcomeOf(action, result, args, values);
  for (const hook of after) hook.tell(call, outcome);
  return result;
}

/**
 * `direct` (see `KeyedAction`) with hooks that are told of it: `general` does the same, and must where there are options, and
 * where values are not held as they were given. All that hooks cost is what is made for them, and the call.
 */
export function reportedDirect(engine: Engine, action: Action, direct: Method, general: Method): Method {
  const { name } = action;
  const { before, after } = engine.hooks!.listeners(name)!;
  const withValue = action.parameters.length === 3;
  return (input, second, third) => {
    if ((withValue ? third : second) !== undefined || engine.closed) return general(input, second, third);
    const key = checkKey(input);
    const call: CallRecord = { action: name, args: withValue ? [key, second] : [key] };
    for (const hook of before) hook.tell(call, undefined);
    let outcome: HookOutcome;
    try {
      outcome = { value: direct(key, second) };
    } catch (error) {
      for (const hook of after) hook.tell(call, { error });
      throw error;
    }
    for (const hook of after) hook.tell(call, outcome);
    return outcome.value;
  };
}

/** It is judged again, and told of by whoever executes it then. */
function isReconsidered(error: unknown): boolean {
  return error instanceof Error && error.name === 'Reconsider';
}

/** A call as hooks see it. */
interface CallRecord {
  readonly action: string;
  readonly args: readonly unknown[];
}

/** The record of a call as hooks see it, the same wherever it is executed: without what stays with the caller. */
function recordOf(action: Action, args: readonly unknown[], values: ValueForm | undefined): CallRecord {
  const { name, parameters } = action;
  if (opening(values) && parameters.some(({ kind }: Parameter<unknown>) => kind === 'value'))
    return lazily({ action: name, args: [] }, 'args', () => openArguments(action, args, values));
  return { action: name, args: openArguments(action, args, values) };
}

/** Whether it costs something to open what is held so. */
function opening(values: ValueForm | undefined): boolean {
  return values !== undefined && values !== byReference;
}

/** Gives a record a field that is made when somebody looks at it; it prints as if it had been made. */
function lazily<T extends object>(record: T, field: keyof T & string, make: () => unknown): T {
  const visible = { enumerable: true, configurable: true };
  Object.defineProperty(record, field, {
    ...visible,
    get() {
      const value = make();
      Object.defineProperty(record, field, { ...visible, value });
      return value;
    },
  });
  return Object.defineProperty(record, printed, { value: () => ({ ...record }) });
}

/** What Node.js calls to print an object. */
const printed = Symbol.for('nodejs.util.inspect.custom');

function openArguments(action: Action, args: readonly unknown[], values: ValueForm | undefined): unknown[] {
  const { parameters } = action;
  const opened: unknown[] = [];
  // What was left out at the end is not there; a value that is `undefined` is not held as such.
  let length = 0;
  for (let index = 0; index < parameters.length; index += 1) {
    const arg = args[index];
    const parameter: Parameter<unknown> = parameters[index]!;
    const given = arg === undefined ? undefined : openArgument(parameter, arg, values);
    opened.push(given);
    if (given !== undefined || (arg !== undefined && parameter.kind !== 'options')) length = index + 1;
  }
  opened.length = length;
  return opened;
}

function openArgument(parameter: Parameter<unknown>, arg: unknown, values: ValueForm | undefined): unknown {
  if (parameter.kind === 'options') return travelling(parameter, arg);
  if (values === undefined || parameter.kind !== 'value') return arg;
  return parameter.open === undefined ? values.open(arg) : parameter.open(values, arg);
}

/** Options without those that stay with the caller; `undefined` if there are no others. */
export function travelling({ callerOnly }: Parameter<unknown>, options: unknown): unknown {
  if (options === undefined) return undefined;
  const names = Object.entries(options as object).filter(([name]) => callerOnly?.includes(name) !== true);
  return names.length === 0 ? undefined : Object.fromEntries(names);
}

/** The outcome of a call that has succeeded, as the caller gets it but for defaults; of a batch, for the items of here. */
function outcomeOf(
  action: Action,
  result: unknown,
  args: readonly unknown[],
  values: ValueForm | undefined,
): HookOutcome {
  if (opening(values) && action.result !== 'plain')
    return lazily({ value: undefined }, 'value', () => resultOf(action, result, args, values));
  return { value: resultOf(action, result, args, values) };
}

function resultOf(
  action: Action,
  result: unknown,
  args: readonly unknown[],
  values: ValueForm | undefined,
): unknown {
  if (values === undefined) return result;
  const opened = openResult(action, values, result);
  return action.route.kind === 'batch' && action.finish !== undefined
    ? action.finish(opened, ...args)
    : opened;
}

/** A result in the form in which its values were given. */
export function openResult(action: Action, values: ValueForm, result: unknown): unknown {
  if (action.result === 'plain' || result === undefined) return result;
  if (action.result === 'value') return values.open(result);
  return (result as readonly unknown[]).map((held) => (held === undefined ? undefined : values.open(held)));
}
