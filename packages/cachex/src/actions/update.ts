import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { closedError, type Engine } from '../local/engine.ts';
import { keyParameter, optionsParameter, type Parameter, refuseClosure } from '../parameters.ts';
import { isPromise } from '../promise.ts';

/** What `update` takes, by mode: a new value, or where no node lies between also a function of the present one. */
export interface Changes<V> {
  sync: V | ((value: V) => V);
  async: V;
}

/** The functions that make `update` answer a promise, by mode. */
export interface AsyncChanges<V> {
  sync: (value: V) => Promise<V>;
  async: never;
}

export interface Update<K extends Key, V, M extends Mode> {
  /**
   * The same with an asynchronous function, and the answer is a promise. It commits only if the entry is still as the
   * function saw it, and otherwise runs the function again with the new value; so nobody has to wait meanwhile, no
   * change is lost, and the function may run more than once. If the entry is gone by then, the answer is `false`.
   */
  update(key: K, change: AsyncChanges<V>[M], options?: CallOptions[M]): Promise<boolean>;
  /**
   * Gives the entry of `key` a new value, only if it exists; its expiry stays. `change` is the value, or a function that
   * makes it from the present one. Answers whether there was a live entry. What the function throws reaches the caller,
   * and nothing changes. (Where the values themselves are functions, wrap them: `update(key, () => value)`.)
   *
   * In a cluster the key's owner does it, and a function cannot be sent there: `NOT_SERIALIZABLE`. Fails also with
   * `INVALID_KEY`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  update(key: K, change: Changes<V>[M], options?: CallOptions[M]): Reply<M, boolean>;
}

type Updater = (value: unknown) => unknown;

const changeParameter: Parameter<unknown> = {
  kind: 'value',
  check: (input) => input,
  hold: (values, checked) => (typeof checked === 'function' ? checked : values.hold(checked)),
  open: (values, held) => (typeof held === 'function' ? held : values.open(held)),
  wire: (checked) => refuseClosure('change', checked),
};

export const update: KeyedAction<[key: Key, change: unknown, options: object | undefined], boolean> = {
  name: 'update',
  effect: 'write',
  repeatable: false,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, changeParameter, optionsParameter<object>({})],
  result: 'plain',
  answers: 'either',
  counts: (existed) => (existed ? 'updates' : undefined),
  execute(engine, hash, key, change) {
    const entry = engine.find(key, hash);
    if (entry === undefined) return false;
    if (typeof change !== 'function') {
      engine.replace(entry, change);
      return true;
    }
    const { version } = entry;
    const value = (change as Updater)(engine.open(entry.value));
    return isPromise(value)
      ? replaceUnchanged(engine, hash, key, change as Updater, version, value)
      : replacePresent(engine, hash, key, value);
  },
};

/** The function may have removed the entry itself. */
function replacePresent(engine: Engine, hash: number, key: Key, value: unknown): boolean {
  const entry = engine.peek(key, hash);
  if (entry !== undefined) engine.replace(entry, engine.hold(value));
  return entry !== undefined;
}

async function replaceUnchanged(
  engine: Engine,
  hash: number,
  key: Key,
  change: Updater,
  version: number,
  value: PromiseLike<unknown>,
): Promise<boolean> {
  let seen = version;
  let pending: unknown = value;
  for (;;) {
    const next = await pending;
    if (engine.closed) throw closedError(engine.name);
    const entry = engine.peek(key, hash);
    if (entry === undefined) return false;
    if (entry.version === seen) {
      engine.replace(entry, engine.hold(next));
      return true;
    }
    seen = entry.version;
    pending = change(engine.open(entry.value));
  }
}
