import type { Action } from './action.ts';
import type { Engine } from './local/engine.ts';
import type { HookOutcome } from './local/hooks.ts';
import type { ValueForm } from './local/value-form.ts';
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
    if (listeners.after.length > 0) end(outcomeOf(action, result, values));
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
  let opened: unknown[] | undefined;
  return {
    action: action.name,
    get args() {
      opened ??= openArguments(action, args, values);
      return opened;
    },
  };
}

function openArguments(action: Action, args: readonly unknown[], values: ValueForm | undefined): unknown[] {
  const opened = action.parameters.map((parameter: Parameter<unknown>, index: number) => {
    const arg = args[index];
    if (parameter.kind === 'options') return travelling(parameter, arg);
    if (values === undefined || parameter.kind !== 'value' || arg === undefined) return arg;
    return parameter.open === undefined ? values.open(arg) : parameter.open(values, arg);
  });
  let length = opened.length;
  while (length > 0 && isLeftOut(action.parameters[length - 1]!, opened[length - 1])) length -= 1;
  opened.length = length;
  return opened;
}

function isLeftOut(parameter: Parameter<unknown>, arg: unknown): boolean {
  return arg === undefined && parameter.kind !== 'value';
}

/** Options without those that stay with the caller; `undefined` if there are no others. */
export function travelling({ callerOnly }: Parameter<unknown>, options: unknown): unknown {
  if (options === undefined) return undefined;
  const names = Object.entries(options as object).filter(([name]) => callerOnly?.includes(name) !== true);
  return names.length === 0 ? undefined : Object.fromEntries(names);
}

/** The outcome of a call that has succeeded, as the caller gets it but for defaults. */
function outcomeOf(action: Action, result: unknown, values: ValueForm | undefined): HookOutcome {
  if (values === undefined || action.result !== 'value' || result === undefined) return { value: result };
  let opened: { readonly value: unknown } | undefined;
  return {
    get value() {
      opened ??= { value: values.open(result) };
      return opened.value;
    },
  };
}
