import type { Action } from './action.ts';
import type { Engine } from './local/engine.ts';
import type { HookOutcome } from './local/hooks.ts';
import { byReference, type ValueForm } from './local/value-form.ts';
import type { Parameter } from './parameters.ts';

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
  const begin = (): void => {
    for (const hook of listeners.before) hook.tell(call, undefined);
  };
  const end = (outcome: HookOutcome): void => {
    for (const hook of listeners.after) hook.tell(call, outcome);
  };
  const early = !(waits && mayMove);
  const succeed = (result: unknown): unknown => {
    if (!early) begin();
    if (listeners.after.length > 0) end(outcomeOf(action, result, args, values));
    return result;
  };
  const fail = (error: unknown): void => {
    // It is judged again, and told of by whoever executes it then.
    if (error instanceof Error && error.name === 'Reconsider') return;
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
  if (!waits || !(result instanceof Promise)) return succeed(result);
  return result.then(succeed, (error) => {
    fail(error);
    throw error;
  });
}

/** The record of a call as hooks see it, the same wherever it is executed: without what stays with the caller. */
function recordOf(
  action: Action,
  args: readonly unknown[],
  values: ValueForm | undefined,
): { readonly action: string; readonly args: readonly unknown[] } {
  const open = (): unknown[] => openArguments(action, args, values);
  const { name, parameters } = action;
  const costly = opening(values) && parameters.some(({ kind }: Parameter<unknown>) => kind === 'value');
  return costly ? lazily({ action: name, args: [] }, 'args', open) : { action: name, args: open() };
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
  const opened = action.parameters.map((parameter: Parameter<unknown>, index: number) => {
    const arg = args[index];
    if (parameter.kind === 'options') return travelling(parameter, arg);
    if (values === undefined || parameter.kind !== 'value' || arg === undefined) return arg;
    return parameter.open === undefined ? values.open(arg) : parameter.open(values, arg);
  });
  let length = opened.length;
  // A value that is `undefined` is not held as such.
  const leftOut = (index: number): boolean =>
    opened[index] === undefined &&
    (args[index] === undefined || action.parameters[index]!.kind === 'options');
  while (length > 0 && leftOut(length - 1)) length -= 1;
  opened.length = length;
  return opened;
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
  const batch = action.route.kind === 'batch' && values !== undefined;
  const make = (): unknown => {
    const opened = values === undefined ? result : openResult(action, values, result);
    return batch && action.finish !== undefined ? action.finish(opened, ...args) : opened;
  };
  const costly = opening(values) && action.result !== 'plain';
  return costly ? lazily({ value: undefined }, 'value', make) : { value: make() };
}

/** A result in the form in which its values were given. */
export function openResult(action: Action, values: ValueForm, result: unknown): unknown {
  const open = (held: unknown): unknown => (held === undefined ? undefined : values.open(held));
  if (action.result === 'values') return (result as readonly unknown[]).map(open);
  return action.result === 'value' ? open(result) : result;
}
