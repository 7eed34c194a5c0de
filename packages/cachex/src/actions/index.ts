// Written by `npm run gen` from the files of this folder. Do not edit.
import type { Key } from '@cachex/router/hash';
import type { Action, Mode } from '../action.ts';
import type { CommandMap } from '../commands.ts';
import { type Add, add } from './add.ts';
import { type Clear, clear } from './clear.ts';
import { type Count, count } from './count.ts';
import { type Decr, decr } from './decr.ts';
import { type Del, del } from './del.ts';
import { type DelMany, delMany } from './delMany.ts';
import { type Dump, dump } from './dump.ts';
import { type Entries, entries } from './entries.ts';
import { type Execute, execute } from './execute.ts';
import { type Exists, exists } from './exists.ts';
import { type Expire, expire } from './expire.ts';
import { type ExpireAt, expireAt } from './expireAt.ts';
import { type Explain, explain } from './explain.ts';
import { type Export, exportAction } from './export.ts';
import { type Fetch, fetch } from './fetch.ts';
import { type FetchSync, fetchSync } from './fetchSync.ts';
import { type Get, get } from './get.ts';
import { type GetAndUpdate, getAndUpdate } from './getAndUpdate.ts';
import { type GetMany, getMany } from './getMany.ts';
import { type Import, importAction } from './import.ts';
import { type Incr, incr } from './incr.ts';
import { type Inspect, inspect } from './inspect.ts';
import { type InvalidateTag, invalidateTag } from './invalidateTag.ts';
import { type Invoke, invoke } from './invoke.ts';
import { type IsEmpty, isEmpty } from './isEmpty.ts';
import { type Keys, keys } from './keys.ts';
import { type Load, load } from './load.ts';
import { type Persist, persist } from './persist.ts';
import { type Prune, prune } from './prune.ts';
import { type Purge, purge } from './purge.ts';
import { type Put, put } from './put.ts';
import { type PutMany, putMany } from './putMany.ts';
import { type Ready, ready } from './ready.ts';
import { type Refresh, refresh } from './refresh.ts';
import { type Reset, reset } from './reset.ts';
import { type Size, size } from './size.ts';
import { type Stats, stats } from './stats.ts';
import { type Stream, stream } from './stream.ts';
import { type Take, take } from './take.ts';
import { type Touch, touch } from './touch.ts';
import { type TouchMany, touchMany } from './touchMany.ts';
import { type Transaction, transaction } from './transaction.ts';
import { type Ttl, ttl } from './ttl.ts';
import { type Update, update } from './update.ts';
import { type Warm, warm } from './warm.ts';

/** The name of an action. Aliases are not among them. */
export type ActionName =
  | 'add'
  | 'clear'
  | 'count'
  | 'decr'
  | 'del'
  | 'delMany'
  | 'dump'
  | 'entries'
  | 'execute'
  | 'exists'
  | 'expire'
  | 'expireAt'
  | 'explain'
  | 'export'
  | 'fetch'
  | 'fetchSync'
  | 'get'
  | 'getAndUpdate'
  | 'getMany'
  | 'import'
  | 'incr'
  | 'inspect'
  | 'invalidateTag'
  | 'invoke'
  | 'isEmpty'
  | 'keys'
  | 'load'
  | 'persist'
  | 'prune'
  | 'purge'
  | 'put'
  | 'putMany'
  | 'ready'
  | 'refresh'
  | 'reset'
  | 'size'
  | 'stats'
  | 'stream'
  | 'take'
  | 'touch'
  | 'touchMany'
  | 'transaction'
  | 'ttl'
  | 'update'
  | 'warm';

/** Every action by its name. */
export const actions: Readonly<Record<ActionName, Action>> = {
  add,
  clear,
  count,
  decr,
  del,
  delMany,
  dump,
  entries,
  execute,
  exists,
  expire,
  expireAt,
  explain,
  export: exportAction,
  fetch,
  fetchSync,
  get,
  getAndUpdate,
  getMany,
  import: importAction,
  incr,
  inspect,
  invalidateTag,
  invoke,
  isEmpty,
  keys,
  load,
  persist,
  prune,
  purge,
  put,
  putMany,
  ready,
  refresh,
  reset,
  size,
  stats,
  stream,
  take,
  touch,
  touchMany,
  transaction,
  ttl,
  update,
  warm,
};

/** The methods of a cache, those of every action. */
export interface Actions<K extends Key, V, M extends Mode, F, C = CommandMap<V>>
  extends Add<K, V, M>,
    Clear<M>,
    Count<M>,
    Decr<K, M>,
    Del<K, M>,
    DelMany<K, M>,
    Dump<M>,
    Entries<K, V, M>,
    Execute<K, V, M, F, C>,
    Exists<K, M>,
    Expire<K, M>,
    ExpireAt<K, M>,
    Explain<K, M>,
    Export<K, V, M>,
    Fetch<K, V, M, F>,
    FetchSync<K, V, M>,
    Get<K, V, M>,
    GetAndUpdate<K, V, M, F>,
    GetMany<K, V, M>,
    Import<K, V, M>,
    Incr<K, M>,
    Inspect<K, V, M>,
    InvalidateTag<M>,
    Invoke<K, M, C>,
    IsEmpty<M>,
    Keys<K, M>,
    Load<M>,
    Persist<K, M>,
    Prune<M>,
    Purge<M>,
    Put<K, V, M>,
    PutMany<K, V, M>,
    Ready<M>,
    Refresh<K, M>,
    Reset<M>,
    Size<M>,
    Stats<M>,
    Stream<K, V, M>,
    Take<K, V, M>,
    Touch<K, M>,
    TouchMany<K, M>,
    Transaction<K, V, M, F, C>,
    Ttl<K, M>,
    Update<K, V, M>,
    Warm<M> {}

/** Those that are about one key. */
export interface KeyedActions<K extends Key, V, M extends Mode, F, C = CommandMap<V>>
  extends Add<K, V, M>,
    Decr<K, M>,
    Del<K, M>,
    Exists<K, M>,
    Expire<K, M>,
    ExpireAt<K, M>,
    Fetch<K, V, M, F>,
    Get<K, V, M>,
    GetAndUpdate<K, V, M, F>,
    Incr<K, M>,
    Invoke<K, M, C>,
    Persist<K, M>,
    Put<K, V, M>,
    Refresh<K, M>,
    Take<K, V, M>,
    Touch<K, M>,
    Ttl<K, M>,
    Update<K, V, M> {}
