import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply, WorkOn } from '../action.ts';
import { closedError, type Engine } from '../local/engine.ts';
import { ownKey } from '../local/keys.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter, type Parameter } from '../parameters.ts';
import { isPromise } from '../promise.ts';

export interface Update<K extends Key, V, M extends Mode> {
  /**
   * The same with an asynchronous function, and the answer is a promise. In one process it commits only if the entry is
   * still as the function saw it, and otherwise runs the function again with the new value; so nobody has to wait
   * meanwhile, no change is lost, and the function may run more than once. If the entry is gone by then, the answer is
   * `false`. In a cluster the key is locked while the function runs, once.
   */
  update(key: K, change: WorkOn<V, Promise<V>>, options?: CallOptions[M]): Promise<boolean>;
  /**
   * Gives the entry of `key` a new value, only if it exists; its expiry stays. `change` is the value, or a function that
   * makes it from the present one. Answers whether there was a live entry. What the function throws reaches the caller,
   * and nothing changes. (Where the values themselves are functions, wrap them: `update(key, () => value)`.)
   *
   * In a cluster the key's owner does it. A function runs here, while the key is locked there; it fails also with
   * `LOCKED` or `LOCK_LOST`. Fails with `INVALID_KEY`, `NOT_SERIALIZABLE`, `TIMEOUT`, `NODE_DOWN` or `UNKNOWN_OUTCOME`.
   */
  update(key: K, change: V | WorkOn<V, V>, options?: CallOptions[M]): Reply<M, boolean>;
}

type Updater = (value: unknown) => unknown;

const changeParameter: Parameter<unknown> = {
  kind: 'value',
  check: (input) => input,
  hold: (values, checked) => (typeof checked === 'function' ? checked : values.hold(checked)),
  open: (values, held) => (typeof held === 'function' ? held : values.open(held)),
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
    const slot = engine.find(key, hash);
    if (slot === none) return false;
    if (typeof change !== 'function') {
      engine.replace(slot, change);
      return true;
    }
    const version = engine.store.version(slot);
    const value = (change as Updater)(engine.open(engine.store.value(slot)));
    return isPromise(value)
      ? replaceUnchanged(engine, hash, ownKey(key), change as Updater, version, value)
      : replacePresent(engine, hash, key, value);
  },
};

/** The function may have removed the entry itself. */
function replacePresent(engine: Engine, hash: number, key: Key, value: unknown): boolean {
  // What the value is held as is made by the user's code too.
  const held = engine.hold(value);
  const slot = engine.peek(key, hash);
  if (slot !== none) engine.replace(slot, held);
  return slot !== none;
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
    const held = engine.hold(next);
    const slot = engine.peek(key, hash);
    if (slot === none) return false;
    const version = engine.store.version(slot);
    if (version === seen) {
      engine.replace(slot, held);
      return true;
    }
    seen = version;
    pending = change(engine.open(engine.store.value(slot)));
  }
}
