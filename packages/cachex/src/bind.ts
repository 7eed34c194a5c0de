import { hashKey, type Key } from '@cachex/router/hash';
import type { Action, KeyedAction, Method, Methods, Partitions } from './action.ts';
import { actions } from './actions/index.ts';
import { type AnyBatch, executeBatch, type Room } from './batch.ts';
import { describe, suggestion } from './describe.ts';
import { CacheError } from './errors.ts';
import { closedError, type Engine } from './local/engine.ts';
import type { Statistics } from './local/statistics.ts';
import { byReference, type ValueForm } from './local/value-form.ts';
import type { Parameter } from './parameters.ts';
import { openResult, reported, reportedDirect } from './reporting.ts';
import { type Traced, traced } from './tracing.ts';

export type { Method } from './action.ts';

/**
 * Every method of a facade by name, aliases included: `bind` makes one for each action, and may keep all of them. Whoever traces
 * calls is told of those that `by` makes.
 */
export function bindAll(
  bind: (action: Action, methods: Methods) => Method,
  by?: Traced,
): Record<string, Method> {
  const methods: Record<string, Method> = {};
  for (const action of Object.values(actions)) {
    const bound = bind(action, methods as Methods);
    const method = by === undefined ? bound : traced(action.name, bound, by);
    Object.defineProperty(method, 'name', { value: action.name });
    for (const name of [action.name, ...(action.aliases ?? [])]) methods[name] = method;
  }
  return methods;
}

/** Dispatches call records to `methods`; what is wrong with a record throws `INVALID_OPTION`. */
export function dispatch(methods: Readonly<Record<string, Method>>, call: unknown): unknown {
  const { action: name, args } = (call ?? {}) as { action?: unknown; args?: unknown };
  if (typeof name !== 'string' || !Object.hasOwn(actions, name)) {
    throw new CacheError('INVALID_OPTION', `action: ${describe(name)} is not an action; ${hintFor(name)}`);
  }
  if (!Array.isArray(args)) throw new CacheError('INVALID_OPTION', `args: ${describe(args)} is not an array`);
  const most = actions[name as keyof typeof actions].parameters.length;
  if (args.length > most) {
    throw new CacheError('INVALID_OPTION', `args: ${name} takes at most ${most}, not ${args.length}`);
  }
  return methods[name]!(...args);
}

function hintFor(name: unknown): string {
  const named = Object.values(actions).find(({ aliases }) => aliases?.some((alias) => alias === name));
  if (named !== undefined) return `it is another name of '${named.name}'`;
  return suggestion(typeof name === 'string' ? name : '', Object.keys(actions));
}

/** Every argument of a call in its one form, as many as the action has parameters. */
export function checkArguments(action: Action, given: readonly unknown[]): unknown[] {
  return action.parameters.map((parameter: Parameter<unknown>, index: number) =>
    parameter.check(given[index]),
  );
}

/** Refuses checked arguments that cannot leave this process: `NOT_SERIALIZABLE`. */
export function checkWire(action: Action, args: readonly unknown[]): void {
  action.parameters.forEach((parameter: Parameter<unknown>, index: number) => {
    parameter.wire?.(args[index]);
  });
}

/** A checked argument as `execute` takes it: values are held. */
export function holdArgument(parameter: Parameter<unknown>, values: ValueForm, checked: unknown): unknown {
  if (parameter.kind !== 'value') return checked;
  return parameter.hold === undefined ? values.hold(checked) : parameter.hold(values, checked);
}

/**
 * Executes an action on the engine that has its data and counts what came of it. `where` is the key's hash for a keyed
 * action, for a merged one the partitions to cover, and for one on many keys what has room in the answer. The result is as
 * `execute` returned it.
 */
export function executeAction(
  engine: Engine,
  action: Action,
  where: number | Partitions | Room,
  args: readonly unknown[],
): unknown {
  const { hooks, statistics, values } = engine;
  const run = runner(action);
  const result =
    hooks === undefined
      ? run(engine, where, ...args)
      : reported(engine, action, args, { values, mayMove: true, waits: action.answers !== undefined }, () =>
          run(engine, where, ...args),
        );
  if (statistics === undefined) return result;
  return whenSettled(action, result, (outcome) => {
    count(statistics, action, outcome, args);
    return outcome;
  });
}

/** What the caller gets for a result: opened if it is a held value, and finished with what never travelled. */
export function finishResult(
  action: Action,
  values: ValueForm,
  result: unknown,
  args: readonly unknown[],
): unknown {
  const value = openResult(action, values, result);
  return action.finish === undefined ? value : action.finish(value, ...args);
}

/**
 * The method of an action on an engine in this process, executed at once. `cache` is what the user has of it. It is written
 * out by number of arguments because gathering and spreading them would halve the speed of a `get`.
 */
export function bindLocal(action: Action, engine: Engine, cache: Methods = {}): Method {
  const { route, parameters } = action;
  const run = reporting(action, engine, runner(action, cache));
  const [first, second, third, fourth] = parameters.map((parameter: Parameter<unknown>) =>
    parameter.kind === 'value'
      ? (input: unknown) => holdArgument(parameter, engine.values, parameter.check(input))
      : parameter.check,
  ) as ((input: unknown) => unknown)[];
  if (route.kind === 'keyed' && route.key > 1)
    throw new RangeError(`${action.name}: the key must come first or second`);
  const settle = settling(action, engine);
  const keyFirst = route.kind === 'keyed' && route.key === 0;
  const where = (key: unknown): number | Partitions =>
    route.kind === 'keyed' ? hashKey(key as Key) : engine.partitions;
  const open = (): void => {
    if (engine.closed) throw closedError(engine.name);
  };
  const method = ((): Method => {
    switch (parameters.length) {
      case 1:
        return (a) => {
          open();
          const x = first!(a);
          return settle(run(engine, where(x), x), x);
        };
      case 2:
        return (a, b) => {
          open();
          const x = first!(a);
          const y = second!(b);
          return settle(run(engine, where(keyFirst ? x : y), x, y), x, y);
        };
      case 3:
        return (a, b, c) => {
          open();
          const x = first!(a);
          const y = second!(b);
          const z = third!(c);
          return settle(run(engine, where(keyFirst ? x : y), x, y, z), x, y, z);
        };
      case 4:
        return (a, b, c, d) => {
          open();
          const x = first!(a);
          const y = second!(b);
          const z = third!(c);
          const w = fourth!(d);
          return settle(run(engine, where(keyFirst ? x : y), x, y, z, w), x, y, z, w);
        };
      default:
        throw new RangeError(`${action.name} has ${parameters.length} parameters; 1 to 4 can be bound`);
    }
  })();
  const direct = (action as KeyedAction<never, unknown>).direct?.(engine, method);
  if (direct !== undefined) {
    if (engine.hooks?.listeners(action.name) === undefined) return direct;
    return engine.values === byReference ? reportedDirect(engine, action, direct, method) : method;
  }
  const arranged = action.arrange === undefined ? method : arranging(action, method);
  return action.answers === 'promise' ? promising(arranged) : arranged;
}

function arranging(action: Action, method: Method): Method {
  return (...given) => method(...(action.arrange!(given) as Parameters<Method>));
}

/** Tells hooks of what is run; without hooks nothing lies between. */
function reporting(action: Action, engine: Engine, run: Run): Run {
  if (engine.hooks?.listeners(action.name) === undefined) return run;
  const report = { values: engine.values, waits: action.answers !== undefined };
  return (target, where, ...args) =>
    reported(engine, action, args, report, () => run(target, where, ...args));
}

type Run = (engine: Engine, where: number | Partitions | Room, ...args: readonly unknown[]) => unknown;

function runner(action: Action, cache: Methods = {}): Run {
  if (action.route.kind === 'caller') {
    const execute = action.execute as (
      engine: Engine,
      cache: Methods,
      ...args: readonly unknown[]
    ) => unknown;
    return (engine, _where, ...args) => execute(engine, cache, ...args);
  }
  if (action.route.kind === 'batch') {
    return (engine, where, items, options) =>
      executeBatch(
        engine,
        action as AnyBatch,
        items as readonly unknown[],
        options,
        typeof where === 'function' ? where : undefined,
      );
  }
  if (action.route.kind !== 'local') return action.execute as Run;
  const execute = action.execute as (engine: Engine, ...args: readonly unknown[]) => unknown;
  return (engine, _where, ...args) => execute(engine, ...args);
}

/** What happens to a result on its way out: it is counted, opened and finished. */
function settling(action: Action, engine: Engine): (result: unknown, ...args: readonly unknown[]) => unknown {
  const { statistics, values } = engine;
  const opened = action.result === 'value';
  const finish = action.finish?.bind(action);
  const complete = (result: unknown, a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown => {
    const value = opened && result !== undefined ? values.open(result) : result;
    return finish === undefined ? value : finish(value, a, b, c, d);
  };
  const completeList = (result: unknown, ...args: readonly unknown[]): unknown =>
    finishResult(action, values, result, args);
  const completed = action.result === 'values' ? completeList : complete;
  if (statistics === undefined && action.answers === undefined) return completed;
  return (result, ...args) =>
    whenSettled(action, result, (outcome) => {
      if (statistics !== undefined) count(statistics, action, outcome, args);
      return completed(outcome, ...args);
    });
}

/** Only actions that wait for the user's code answer promises; elsewhere a promise is a value like any other. */
function whenSettled(action: Action, result: unknown, then: (outcome: unknown) => unknown): unknown {
  return action.answers !== undefined && result instanceof Promise ? result.then(then) : then(result);
}

function count(statistics: Statistics, action: Action, result: unknown, args: readonly unknown[]): void {
  statistics.calls(action.name).amount += 1;
  const counter = action.counts?.(result as never, ...args);
  if (counter !== undefined) statistics.add(counter);
}

/** A method that answers by promise rejects with what another would throw. */
function promising(method: Method): Method {
  return (a, b, c, d) => {
    try {
      return Promise.resolve(method(a, b, c, d));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}
