import { describe, suggestion } from './describe.ts';
import { CacheError } from './errors.ts';
import { isOutcome, type Outcome, readOutcome } from './outcome.ts';
import { checkOptions, type OptionCheck } from './parameters.ts';

/** A command that looks at the value of a key; `value` is `undefined` where there is none. */
export interface ReadCommand<V> {
  readonly type: 'read';
  // biome-ignore lint/suspicious/noExplicitAny: each command states the types of its own arguments.
  readonly execute: (value: V | undefined, ...args: any[]) => unknown;
}

/** A command that also changes the value: it answers `[result, newValue]`, or `ignore(result)` to change nothing. */
export interface WriteCommand<V> {
  readonly type: 'write';
  readonly execute: (
    value: V | undefined,
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    ...args: any[]
  ) => readonly [result: unknown, newValue: V] | Outcome<unknown>;
}

/** An operation of your own on one value. It runs where the value is, at once, and so must not be asynchronous. */
export type Command<V> = ReadCommand<V> | WriteCommand<V>;

/** The commands a cache is given by name. In a cluster every node that opens the cache registers the same names. */
export type CommandMap<V> = Readonly<Record<string, Command<V>>>;

// biome-ignore lint/suspicious/noExplicitAny: the types of values, arguments and results are inferred from the commands.
export type AnyCommands = CommandMap<any>;

/** The type of the values that commands take, for a cache whose types follow from its commands. */
export type CommandValue<C> = {
  [N in keyof C]: C[N] extends { execute: (value: infer V, ...args: never) => unknown } ? V : never;
}[keyof C] extends infer V
  ? Exclude<V, undefined>
  : never;

/** What a command takes beside the value. */
export type CommandArguments<T> = T extends { execute: (value: never, ...args: infer A) => unknown }
  ? A
  : never;

/** What `invoke` answers for a command. */
export type CommandResult<T> = T extends {
  readonly type: infer N;
  readonly execute: (...args: never) => infer R;
}
  ? N extends 'read'
    ? R
    : R extends Outcome<infer X> | readonly [infer X, unknown]
      ? X
      : never
  : never;

/** What a command asks for. */
export interface Answer {
  readonly result: unknown;
  /** The value that is to be stored, if one is. */
  readonly change: { readonly value: unknown } | undefined;
}

type AnyCommand = Command<unknown>;

/** Looks commands up by name. */
export class Commands {
  readonly #cache: string;
  readonly #commands: ReadonlyMap<string, AnyCommand>;

  constructor(cache: string, commands: AnyCommands) {
    this.#cache = cache;
    this.#commands = new Map(Object.entries(commands));
  }

  /** The command of that name; `UNKNOWN_COMMAND` if there is none. */
  find(name: string): AnyCommand {
    const found = this.#commands.get(name);
    if (found !== undefined) return found;
    const hint = suggestion(name, [...this.#commands.keys()]);
    throw new CacheError('UNKNOWN_COMMAND', `cache '${this.#cache}' has no command '${name}'; ${hint}`);
  }
}

/** What the answer of a command means; one that is none is refused with `INVALID_OPTION`, and nothing has changed. */
export function readAnswer(name: string, { type }: AnyCommand, answer: unknown): Answer {
  if (isPromise(answer)) {
    // Nobody will look at it.
    answer.then(undefined, () => {});
    throw new CacheError(
      'INVALID_OPTION',
      `commands.${name}: it answered a promise; a command must be synchronous. Nothing was changed`,
    );
  }
  if (type === 'read') return { result: answer, change: undefined };
  if (isOutcome(answer)) {
    const { store, value } = readOutcome(answer);
    if (!store) return { result: value, change: undefined };
  } else if (Array.isArray(answer) && answer.length === 2) {
    return { result: answer[0], change: { value: answer[1] } };
  }
  throw new CacheError(
    'INVALID_OPTION',
    `commands.${name}: a write command answers [result, newValue] or ignore(result), not ${describe(answer)}. Nothing was changed`,
  );
}

/** Whether the answer of the user's code is one to wait for. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

const commandType: OptionCheck = (option, input) => {
  if (input === 'read' || input === 'write') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is neither 'read' nor 'write'`);
};

const commandFunction: OptionCheck = (option, input) => {
  if (typeof input === 'function') return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a function`);
};

/** The option `commands`. */
export const commandMap: OptionCheck = (option, input) => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new CacheError('INVALID_OPTION', `${option} must be an object of commands, not ${describe(input)}`);
  }
  const checks = { type: commandType, execute: commandFunction };
  return Object.fromEntries(
    Object.entries(input).map(([name, command]) => {
      const prefix = `${option}.${name}`;
      const checked = checkOptions(prefix, command, checks, `${prefix}.`);
      for (const part of ['type', 'execute'] as const) checks[part](`${prefix}.${part}`, checked[part]);
      return [name, checked];
    }),
  );
};
