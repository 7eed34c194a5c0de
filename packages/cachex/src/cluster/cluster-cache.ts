import type { Call as RoutedCall, RoutedNode } from '@cachex/router';
import { hashKey, type Key } from '@cachex/router/hash';
import type { Action, Methods } from '../action.ts';
import { type ActionName, type Actions, actions } from '../actions/index.ts';
import type { AnyBatch } from '../batch.ts';
import {
  bindAll,
  bindLocal,
  checkArguments,
  checkWire,
  dispatch,
  executeAction,
  finishResult,
  holdArgument,
  type Method,
} from '../bind.ts';
import type { Call } from '../call.ts';
import type { CommandMap } from '../commands.ts';
import { CacheError } from '../errors.ts';
import type { FunctionMap } from '../functions.ts';
import { closedError, type Engine } from '../local/engine.ts';
import type { CacheEvents } from '../local/events.ts';
import { none } from '../local/store.ts';
import { checkKey, type Parameter } from '../parameters.ts';
import { reported, travelling } from '../reporting.ts';
import { routeBatch } from './batch.ts';
import { type CallSettings, takeCallOptions } from './call-options.ts';
import { type CallSample, sampled } from './call-sample.ts';
import { Caller, refuseElsewhere, sharesOf } from './caller.ts';
import { compositions } from './compositions/index.ts';
import { iterated } from './iterated.ts';
import { located } from './located.ts';
import { mergeParts } from './merge-parts.ts';
import type { NearCache, NearStatus } from './near-cache.ts';
import { readMany } from './read-many.ts';
import { translate } from './translate.ts';
import type { WireForm } from './wire-form.ts';

/** The reading methods, synchronously, on what this node holds of the cache. Writes go through the cluster. */
export type LocalShare<K extends Key, V, F> = Pick<
  Actions<K, V, 'sync', F>,
  | 'get'
  | 'getMany'
  | 'exists'
  | 'has'
  | 'ttl'
  | 'size'
  | 'count'
  | 'isEmpty'
  | 'keys'
  | 'stats'
  | 'stream'
  | 'entries'
  | 'export'
>;

/**
 * A cache shared by the nodes of a cluster: the methods of a local one, answering promises. They never throw; they reject.
 * They need no `this`.
 */
export interface ClusterCache<K extends Key = Key, V = unknown, F = FunctionMap<K, V>, C = CommandMap<V>>
  extends Actions<K, V, 'async', F, C> {
  /** The name under which every node opens it. */
  readonly name: string;
  /** This node's share of the entries, read synchronously. */
  readonly local: LocalShare<K, V, F>;
  /** Executes one call record, exactly as the method of that name would. */
  call<R extends Call<K, V, F, 'async', C>>(call: R): ReturnType<Actions<K, V, 'async', F, C>[R['action']]>;
  /** Calls `listener` whenever `event` happens at this node. */
  on<N extends keyof CacheEvents<K>>(event: N, listener: (...args: CacheEvents<K>[N]) => void): void;
  /** Stops calling `listener`. */
  off<N extends keyof CacheEvents<K>>(event: N, listener: (...args: CacheEvents<K>[N]) => void): void;
  /**
   * The value of `key` if it is at this node, because this owns the key or has the value near; else `undefined`, and nobody is
   * asked. At once, without a promise; not a use of the entry, and not counted. Throws `INVALID_KEY` or `CLOSED`.
   */
  peek(key: K): V | undefined;
  /** What this node keeps of other nodes' values: with `nearCache`, or because they are hot. See docs/near-cache.md. */
  near(): NearStatus;
}

export interface ClusterCacheOptions {
  readonly name: string;
  readonly node: RoutedNode;
  readonly engine: Engine;
  readonly values: WireForm;
  /** The cache over this node's copies of entries that others own, if they may be read in place of the owner's. */
  readonly copies: Engine | undefined;
  /** What this node keeps of other nodes' values, if it does. */
  readonly near: NearCache | undefined;
  /** Looks at some of the calls, if they are counted. */
  readonly sample: CallSample | undefined;
  /** Why this node may not use the cache, once that is known; its engine is closed then. */
  failure(): CacheError | undefined;
}

/** Builds the facade of a clustered cache from the table of actions. */
export function clusterCache(
  options: ClusterCacheOptions,
): ClusterCache<Key, unknown, FunctionMap<Key, unknown>> {
  const { engine, name } = options;
  const by = { cache: name, node: options.node.id };
  const methods = bindAll((action, cache) => bindSampled(action, options, cache), by);
  const shares = bindAll((action, share) =>
    action.effect === 'read' ? bindLocal(action, engine, share) : refuseWrite(action),
  );
  return Object.assign(methods, {
    name,
    local: Object.freeze(shares),
    call(call: unknown): unknown {
      const perform = (): unknown => {
        refuseUnusable(options);
        return dispatch(methods, call);
      };
      return iterates(call) ? iterated(perform) : rejecting(perform);
    },
    on: engine.events.on.bind(engine.events),
    off: engine.events.off.bind(engine.events),
    peek: (input: unknown) => peek(options, input),
    near: () => options.near?.status ?? nothingNear,
  }) as unknown as ClusterCache<Key, unknown, FunctionMap<Key, unknown>>;
}

const nothingNear: NearStatus = Object.freeze({ size: 0, hits: 0, kept: 0, invalidations: 0 });

function peek(options: ClusterCacheOptions, input: unknown): unknown {
  const { node, engine, near } = options;
  refuseUnusable(options);
  const key = checkKey(input);
  const hash = hashKey(key);
  if (!node.owns(hash)) return near?.peek(key, hash);
  const slot = engine.peek(key, hash);
  return slot === none ? undefined : engine.open(engine.store.value(slot));
}

/** The method of an action; some calls on one key are looked at, if calls are counted. */
function bindSampled(action: Action, options: ClusterCacheOptions, cache: Methods): Method {
  const method = bindCluster(action, options, cache);
  const { sample, node } = options;
  const { route, answers } = action;
  return sample === undefined || route.kind !== 'keyed' || answers === 'iterable'
    ? method
    : sampled(sample, node.clock, route.key, method);
}

/** The method of an action that reaches whichever nodes it concerns. Everything it is given is checked before that. */
function bindCluster(action: Action, options: ClusterCacheOptions, cache: Methods): Method {
  const { node, engine, values, copies, near } = options;
  const here = bindLocal(action, engine, cache);
  const composition = Object.hasOwn(compositions, action.name) ? compositions[action.name] : undefined;
  const anywhere = action.route.kind === 'keyed' && action.effect === 'read' && action.answers === undefined;
  const length = action.parameters.length;
  const perform = (given: readonly unknown[]): unknown => {
    refuseUnusable(options);
    const args: unknown[] = action.arrange?.(given) ?? given.slice(0, length);
    args.length = length;
    const settings = takeCallOptions(action, args);
    settings.signal?.throwIfAborted();
    const checked = checkArguments(action, args);
    if (composition?.applies(...checked) === true) {
      const compose = (): unknown => composition.compose(new Caller(options, cache, settings), ...checked);
      return composition.toldElsewhere?.(...checked) === true
        ? compose()
        : whole(engine, action, checked, compose);
    }
    checkWire(action, checked);
    // What was a list to walk through has been walked through.
    if (action.route.kind === 'batch') args.splice(0, length, ...checked);
    if (action.route.kind === 'local') return here(...args);
    // What a lone node does not own nobody does. What waits for the user's code goes the long way all the same: it has
    // a deadline, may be aborted, and keeps the process alive.
    // So does all else while keys are locked.
    if (node.solo && action.answers === undefined && engine.locks?.free !== false)
      return locating(node.id, () => here(...args));
    if (settings.local === true && action.effect === 'read') return here(...args);
    if (anywhere && copies !== undefined) {
      const hash = hashKey(keyOf(action, checked));
      if (node.copies(hash))
        return finishResult(action, values, executeAction(copies, action, hash, checked), checked);
    }
    if (near !== undefined && action.near !== undefined && action.route.kind === 'keyed') {
      const key = keyOf(action, checked);
      const value = near.read(key, hashKey(key));
      if (value !== undefined) return action.near === 'value' ? value : true;
    }
    return route(action, checked, settings, options);
  };
  const general: Method =
    action.answers === 'iterable'
      ? (...given) => iterated(() => perform(given))
      : (...given) => node.turns.pace(rejecting(() => perform(given)));
  const plain = composition === undefined && action.answers === undefined && action.arrange === undefined;
  return plain && action.route.kind === 'keyed' ? bindKeyed(action, options, here, general) : general;
}

/**
 * The method of an action on one key, written out for a call without options, as most are: it makes one promise and no
 * copies of its arguments. All else is left to the `general` one.
 */
function bindKeyed(action: Action, options: ClusterCacheOptions, here: Method, general: Method): Method {
  const { name: service, node, engine, values, near } = options;
  const { name: handler, repeatable, parameters, effect } = action;
  const optionsAt = parameters.length - 1;
  const reads = effect === 'read';
  const copies = reads ? options.copies : undefined;
  const nearby = action.near === undefined ? undefined : near;
  const presence = action.near === 'presence';
  const lent = action.near === 'value' ? near : undefined;
  if (parameters[optionsAt]!.kind !== 'options') return general;
  const before: readonly Parameter<unknown>[] = parameters.slice(0, optionsAt);
  const open = action.result === 'value';
  const finish = action.finish?.bind(action) as
    | ((result: unknown, ...args: unknown[]) => unknown)
    | undefined;
  // Gathering arguments and spreading them again would take as long as all else that a lone node has to do.
  return (a, b, c, d) => {
    const extras = optionsAt === 1 ? b : optionsAt === 2 ? c : d;
    if (extras !== undefined) return general(a, b, c, d);
    try {
      refuseUnusable(options);
      if (node.solo && engine.locks?.free !== false)
        return node.turns.pace(Promise.resolve(here(a, b, c, d)));
      const given = [a, b, c];
      const args: unknown[] = [];
      for (let n = 0; n < optionsAt; n += 1) args.push(before[n]!.check(given[n]));
      args.push(undefined);
      const key = keyOf(action, args);
      const hash = hashKey(key);
      if (copies !== undefined && node.copies(hash))
        return node.turns.pace(
          Promise.resolve(finishResult(action, values, executeAction(copies, action, hash, args), args)),
        );
      if (nearby !== undefined) {
        const value = nearby.read(key, hash);
        if (value !== undefined) return node.turns.pace(Promise.resolve(presence ? true : value));
      }
      for (let n = 0; n < optionsAt; n += 1) {
        const parameter = before[n]!;
        parameter.wire?.(args[n]);
        if (parameter.kind === 'value') args[n] = holdArgument(parameter, values, args[n]);
      }
      const finished =
        lent !== undefined
          ? keeping(lent, key, hash, finish, args)
          : finish && ((value: unknown) => finish(value, ...args));
      const call: RoutedCall = {
        service,
        handler,
        args,
        repeatable,
        reads,
        hint: lent?.hint,
        open,
        finish: finished,
        failed: translate,
      };
      return node.dispatch.call(hash, call);
    } catch (error) {
      return node.turns.pace(Promise.reject(translate(located(error, node.id))));
    }
  };
}

type Finish = ((result: unknown, ...args: unknown[]) => unknown) | undefined;

/** What is made of the answer of a read: it is kept, if the owner lends it. */
function keeping(
  near: NearCache,
  key: Key,
  hash: number,
  finish: Finish,
  args: readonly unknown[],
): (value: unknown, note?: number, from?: string) => unknown {
  const reading = near.begin();
  return (value, note, from) => {
    if (note !== undefined) near.keep(key, hash, value, reading, note, from!);
    return finish === undefined ? value : finish(value, ...args);
  };
}

/** Whether a call record is one that is answered piece by piece. */
function iterates(call: unknown): boolean {
  const name = (call as { action?: unknown } | null | undefined)?.action;
  return (
    typeof name === 'string' &&
    Object.hasOwn(actions, name) &&
    actions[name as ActionName].answers === 'iterable'
  );
}

/** A call that is made of others counts as one, and is told of, here, where it is put together. */
function whole(engine: Engine, action: Action, args: readonly unknown[], compose: () => unknown): unknown {
  const result = reported(engine, action, args, { waits: true }, compose);
  const { statistics } = engine;
  if (statistics === undefined) return result;
  const counted = (value: unknown): unknown => {
    statistics.calls(action.name).amount += 1;
    return value;
  };
  return result instanceof Promise ? result.then(counted) : counted(result);
}

async function route(
  action: Action,
  args: readonly unknown[],
  settings: CallSettings,
  options: ClusterCacheOptions,
): Promise<unknown> {
  const { name, node, values, near } = options;
  const held = action.parameters.map((parameter: Parameter<unknown>, index: number) =>
    toSend(parameter, values, args[index]),
  );
  const call: RoutedCall = {
    service: name,
    handler: action.name,
    args: held,
    repeatable: action.repeatable,
    reads: action.effect === 'read',
    ...(settings.timeout === undefined ? {} : { timeout: settings.timeout }),
    ...(settings.signal === undefined ? {} : { signal: settings.signal }),
  };
  if (action.route.kind === 'merged') {
    const asked = node.dispatch.callAll(call, sharesOf(node, settings, held));
    const merged = await mergeParts(action.name, action.route.merge, asked, settings);
    return finishResult(action, values, merged, args);
  }
  if (action.route.kind === 'batch') {
    const { keyOf } = action.route;
    const items = args[0] as readonly unknown[];
    if (settings.local === true) for (const item of items) refuseElsewhere(node, action.name, keyOf(item));
    return near !== undefined && action.near === 'value'
      ? readMany(action as AnyBatch, held, settings, options, near)
      : routeBatch(action as AnyBatch, held, args, settings, options);
  }
  const key = keyOf(action, args);
  if (settings.local === true) refuseElsewhere(node, action.name, key);
  if (near !== undefined && action.near === 'value') {
    const hash = hashKey(key);
    const { finish } = action as { finish?: Finish };
    return node.dispatch.call(hash, {
      ...{ ...call, hint: near.hint, open: true },
      finish: keeping(near, key, hash, finish, args),
    });
  }
  const result = await node.dispatch.call(hashKey(key), call);
  return finishResult(action, values, result, args);
}

function keyOf({ route }: Action, args: readonly unknown[]): Key {
  return args[route.kind === 'keyed' ? route.key : 0] as Key;
}

/** A checked argument as it travels: values encoded, and without the options that stay with the caller. */
function toSend(parameter: Parameter<unknown>, values: WireForm, checked: unknown): unknown {
  const held = holdArgument(parameter, values, checked);
  return parameter.kind === 'options' ? travelling(parameter, held) : held;
}

/** Refuses calls of a cache that could not be opened, or is closed. */
function refuseUnusable({ engine, name, failure }: ClusterCacheOptions): void {
  if (engine.closed) throw failure() ?? closedError(name);
}

function refuseWrite(action: Action): Method {
  return () => {
    throw new CacheError(
      'INVALID_OPTION',
      `local.${action.name}: a write concerns the whole cluster; call ${action.name} on the cache itself`,
    );
  };
}

function locating<T>(node: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw located(error, node);
  }
}

/** Methods of a cluster reject and never throw, with errors of this library's own kind. */
async function rejecting(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}
