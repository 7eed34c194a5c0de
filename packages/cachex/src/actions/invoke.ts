import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { holdPart } from '../batch.ts';
import { type CommandArguments, type CommandResult, readAnswer } from '../commands.ts';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { assign } from '../local/assign.ts';
import { keyParameter, optionsParameter, type Parameter } from '../parameters.ts';

/** What `invoke` takes after the key: the arguments of the command as a list, if it has any, and options. */
export type InvokeArguments<T, O> =
  [] extends CommandArguments<T>
    ? [args?: CommandArguments<T>, options?: O]
    : [args: CommandArguments<T>, options?: O];

export interface Invoke<K extends Key, M extends Mode, C> {
  /**
   * Executes a command of your own, registered under `commands`, on the value of `key`, and answers its result. `args` is the
   * list of what the command takes beside the value. It is atomic: nothing else happens to the entry meanwhile.
   *
   * A `read` command is called with the value, or `undefined` on a miss, and answers anything. A `write` command answers
   * `[result, newValue]`, or `ignore(result)` to change nothing; an entry that is there keeps its expiry, one that is not is
   * created with the cache's `ttl`. What a command throws reaches the caller, and nothing changes. One that answers a promise,
   * or no pair where it must: `INVALID_OPTION`; a name that is not registered: `UNKNOWN_COMMAND`.
   *
   * In a cluster it runs on the key's owner; arguments and result travel there and back. Fails also with `INVALID_KEY`,
   * `NOT_SERIALIZABLE`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  invoke<N extends keyof C & string>(
    command: N,
    key: K,
    ...rest: InvokeArguments<C[N], CallOptions[M]>
  ): Reply<M, CommandResult<C[N]>>;
}

const commandParameter: Parameter<string> = {
  kind: 'plain',
  check(input) {
    if (typeof input === 'string') return input;
    throw new CacheError('INVALID_OPTION', `command: ${describe(input)} is not the name of a command`);
  },
};

/** Held like a value, so that the command gets the same wherever it runs. */
const argsParameter: Parameter<unknown> = {
  kind: 'value',
  check(input) {
    if (input === undefined || Array.isArray(input)) return input;
    throw new CacheError('INVALID_OPTION', `args: ${describe(input)} is not a list of arguments`);
  },
  hold: (values, checked) => (checked === undefined ? undefined : holdPart('args', values, checked)),
};

export const invoke: KeyedAction<
  [command: string, key: Key, args: unknown, options: object | undefined],
  unknown
> = {
  name: 'invoke',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 1 },
  parameters: [commandParameter, keyParameter, argsParameter, optionsParameter<object>({})],
  result: 'value',
  execute(engine, hash, name, key, args) {
    const command = engine.commands.find(name);
    const present = engine.read(key, hash);
    const value = present === undefined ? undefined : engine.open(present);
    const given = args === undefined ? [] : (engine.open(args) as readonly unknown[]);
    const answer = readAnswer(name, command, command.execute(value, ...given));
    const result = holdPart(`commands.${name}: the result`, engine.values, answer.result);
    if (answer.change !== undefined) {
      const { value: changed } = answer.change;
      assign(engine, key, hash, holdPart(`commands.${name}: the new value`, engine.values, changed));
    }
    engine.statistics?.add('invocations');
    if (command.type === 'read') engine.statistics?.add(present === undefined ? 'misses' : 'hits');
    return result;
  },
};
