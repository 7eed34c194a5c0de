import { describe, suggestion } from '../describe.ts';
import type { Operation } from './history.ts';
import { sameContent } from './numbering.ts';

/** Something that may happen to every key by itself, once, between two instants. */
export interface ModelEvent {
  readonly action: string;
  readonly from: number;
  readonly to: number;
}

/** What one client after the other would see. States are values that are never changed. */
export interface Model<S = unknown> {
  readonly initial: S;
  readonly events?: readonly ModelEvent[];
  /**
   * The states that `operation` may leave behind if it takes effect in `state` and is answered as it was; none if it
   * cannot be. With the outcome `unknown` any answer will do.
   */
  apply(state: S, operation: Operation): readonly S[];
  /** Whether the operation leaves every state as it is. */
  isRead(operation: Operation): boolean;
}

/** A time in which an entry may vanish: an instant, or from one to another. */
export type Loss = number | { readonly from: number; readonly to: number };

/** Options of the models of an entry. */
export interface ModelOptions {
  /** The value that is there at the beginning. Default: no entry. */
  readonly initial?: unknown;
  /**
   * When the entry may vanish by itself: at any time (`true`, as an eviction would have it), or once at each of some
   * instants, such as the deaths of owners without backups. What has vanished never comes back. Default: never.
   *
   * An entry that is known to be gone is recorded instead: an operation `lose`, by whatever client.
   */
  readonly mayBeLost?: boolean | readonly Loss[];
}

/** The state of a key without an entry. */
export const absent: unique symbol = Symbol('absent');

/** The state afterwards, and the answer. */
type Step = readonly [next: unknown, answer: unknown];

/** An action with its arguments; throws `refused` if it would be an error that changes nothing. */
type Rule = (state: unknown, args: readonly unknown[]) => Step;

const refused: unique symbol = Symbol('refused');
/** Stands for an answer that tells nothing. */
const anything: unique symbol = Symbol('anything');

const get: Rule = (state, [options]) => [
  state,
  state === absent ? (options as { default?: unknown } | undefined)?.default : state,
];
const exists: Rule = (state) => [state, state !== absent];
const put: Rule = (_state, [value]) => [value, anything];
const add: Rule = (state, [value]) => (state === absent ? [value, true] : [state, false]);
const del: Rule = (state) => [absent, state !== absent];
const take: Rule = (state) => [absent, state === absent ? undefined : state];
const update: Rule = (state, [change]) => {
  if (state === absent) return [absent, false];
  return [typeof change === 'function' ? change(state) : change, true];
};
const incr: Rule = (state, [by = 1, options]) => {
  const start = state === absent ? ((options as { default?: number } | undefined)?.default ?? 0) : state;
  const sum = (start as number) + (by as number);
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(sum)) throw refused;
  return [sum, sum];
};
const decr: Rule = (state, [by = 1, options]) => incr(state, [-(by as number), options]);
const lose: Rule = () => [absent, anything];

const reads: ReadonlySet<string> = new Set(['get', 'exists']);
const mayLose = 'may lose';

/** One value, whatever it is: `get`, `exists`, `put`, `update`, `take`, `del`. */
export function registerModel(options?: ModelOptions): Model {
  return entryOf({ get, exists, put, update, take, del }, options);
}

/** An integer: `get`, `exists`, `incr`, `decr`, `del`. */
export function counterModel(options?: ModelOptions): Model {
  return entryOf({ get, exists, incr, decr, del }, options);
}

/** A value for the first who comes: `get`, `exists`, `add` (put if absent), `del`. */
export function addModel(options?: ModelOptions): Model {
  return entryOf({ get, exists, add, del }, options);
}

/** One entry of a cache, with all actions of the other models. */
export function entryModel(options?: ModelOptions): Model {
  return entryOf({ get, exists, put, add, update, incr, decr, take, del }, options);
}

function entryOf(named: Readonly<Record<string, Rule>>, options: ModelOptions = {}): Model {
  const { mayBeLost = false } = options;
  const rules = new Map(Object.entries({ ...named, lose }));
  const losses = typeof mayBeLost === 'boolean' ? [] : mayBeLost;
  return {
    initial: 'initial' in options ? options.initial : absent,
    events: losses.map((loss) => ({
      action: mayLose,
      ...(typeof loss === 'number' ? { from: loss, to: loss } : loss),
    })),
    isRead: ({ action }) => reads.has(action),
    apply(state, operation) {
      const { action, args } = operation;
      if (action === mayLose) return state === absent ? [absent] : [state, absent];
      const rule = rules.get(action);
      if (rule === undefined) {
        throw new Error(
          `the model has no action ${describe(action)}; ${suggestion(action, [...rules.keys()])}`,
        );
      }
      const found: unknown[] = [];
      for (const before of mayBeLost === true && state !== absent ? [state, absent] : [state]) {
        const step = attempt(rule, before, args);
        if (step === undefined ? operation.outcome === 'unknown' : fits(step, operation)) {
          found.push(step === undefined ? before : step[0]);
        }
      }
      return found;
    },
  };
}

function attempt(rule: Rule, state: unknown, args: readonly unknown[]): Step | undefined {
  try {
    return rule(state, args);
  } catch (error) {
    if (error === refused) return undefined;
    throw error;
  }
}

function fits([, answer]: Step, { outcome, result }: Operation): boolean {
  return outcome === 'unknown' || answer === anything || sameContent(answer, result);
}
