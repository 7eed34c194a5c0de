import type { Key } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import type { Actions } from '../actions/index.ts';
import { bindAll, bindLocal, dispatch } from '../bind.ts';
import type { Call } from '../call.ts';
import type { AnyCommands, CommandMap, CommandValue } from '../commands.ts';
import type {
  AnyFunctions,
  AnyLoaders,
  FunctionMap,
  KeyOf,
  MixedFunctionMap,
  ValueOf,
} from '../functions.ts';
import { closedError, Engine } from './engine.ts';
import type { CacheEvents } from './events.ts';
import { type CacheOptions, readCacheOptions } from './settings.ts';

/**
 * A cache in this process. Everything is synchronous except what waits for your code. Its methods need no `this`: they
 * can be taken off and passed on. All throw `CLOSED` once it is closed.
 */
export interface Cache<K extends Key = Key, V = unknown, F = FunctionMap<K, V>, C = CommandMap<V>>
  extends Actions<K, V, 'sync', F, C> {
  /** The name it was given. */
  readonly name: string;
  /**
   * Executes one call record, exactly as the method of that name would: `cache.call({ action: 'get', args: ['ada'] })`.
   * An unknown action or too many arguments: `INVALID_OPTION`.
   */
  call<R extends Call<K, V, F, 'sync', C>>(call: R): ReturnType<Actions<K, V, 'sync', F, C>[R['action']]>;
  /** Calls `listener` whenever `event` happens. */
  on<N extends keyof CacheEvents<K>>(event: N, listener: (...args: CacheEvents<K>[N]) => void): void;
  /** Stops calling `listener`. */
  off<N extends keyof CacheEvents<K>>(event: N, listener: (...args: CacheEvents<K>[N]) => void): void;
  /** Stops its timers, aborts its loads (who waits for one gets `CLOSED`) and drops its entries. */
  close(): void;
  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Creates a cache in this process. Bad options throw `INVALID_OPTION`, naming the option.
 *
 * Without type arguments, the types of keys and values follow from `functions`, and a wrong name in `fetch` or `invoke` is a
 * compile error.
 */
export function createCache<F extends AnyLoaders, C extends CommandMap<ValueOf<F>> = CommandMap<ValueOf<F>>>(
  options: Omit<CacheOptions, 'functions' | 'commands'> & { functions: F; commands?: C },
): Cache<KeyOf<F>, ValueOf<F>, F, C>;
/** The same with functions of which some are for `getAndUpdate`. */
export function createCache<
  F extends AnyFunctions,
  C extends CommandMap<ValueOf<F>> = CommandMap<ValueOf<F>>,
>(
  options: Omit<CacheOptions, 'functions' | 'commands'> & { functions: F; commands?: C },
): Cache<KeyOf<F>, ValueOf<F>, F, C>;
/** The same without functions: the type of values follows from `commands`, and keys may be of any type. */
export function createCache<C extends AnyCommands>(
  options: Omit<CacheOptions, 'functions' | 'commands'> & { commands: C },
): Cache<Key, CommandValue<C>, FunctionMap<Key, CommandValue<C>>, C>;
/**
 * Creates a cache in this process, of the keys and values that are named. Bad options throw `INVALID_OPTION`, naming the
 * option. To have the names of functions and commands checked as well, name their types:
 * `createCache<string, User, typeof functions, typeof commands>(…)`.
 */
export function createCache<
  K extends Key = Key,
  V = unknown,
  F extends FunctionMap<K, V> = FunctionMap<K, V>,
  C extends CommandMap<V> = CommandMap<V>,
>(options?: CacheOptions<K, V, F, C>): Cache<K, V, F, C>;
/** The same with functions of which some are for `getAndUpdate`. */
export function createCache<
  K extends Key = Key,
  V = unknown,
  F extends MixedFunctionMap<K, V> = MixedFunctionMap<K, V>,
  C extends CommandMap<V> = CommandMap<V>,
>(options?: CacheOptions<K, V, F, C>): Cache<K, V, F, C>;
export function createCache(options: object = {}): unknown {
  const engine = new Engine(readCacheOptions(options));
  const by = { cache: engine.name, node: undefined };
  const methods = bindAll((action, cache) => bindLocal(action, engine, cache), by);
  const close = (): void => engine.close();
  const cache = Object.assign(methods, {
    name: engine.name,
    call(call: unknown): unknown {
      if (engine.closed) throw closedError(engine.name);
      return dispatch(methods, call);
    },
    on: engine.events.on.bind(engine.events),
    off: engine.events.off.bind(engine.events),
    close,
    [Symbol.dispose]: close,
  });
  try {
    engine.hooks?.open(methods as Methods);
    engine.warmers?.open(methods as Methods);
    engine.warmers?.start();
  } catch (error) {
    close();
    throw error;
  }
  return cache;
}
