export type { Clock, Random, Timer } from '@cachex/router';
export type { Key } from '@cachex/router/hash';
export type { CallOptions, ClusterCallOptions, Iteration, Mode, Reply } from './action.ts';
export type { AddOptions } from './actions/add.ts';
export type { DecrOptions } from './actions/decr.ts';
export type { DiskOptions } from './actions/dump.ts';
export type { ExecuteOptions } from './actions/execute.ts';
export type { FetchLoader, FetchOptions } from './actions/fetch.ts';
export type { FetchSyncOptions, SyncLoader } from './actions/fetchSync.ts';
export type { GetOptions } from './actions/get.ts';
export type { IncrOptions } from './actions/incr.ts';
export type { ActionName, Actions, KeyedActions } from './actions/index.ts';
export type { NodeOption } from './actions/inspect.ts';
export type { InvokeArguments } from './actions/invoke.ts';
export type { PruneOptions } from './actions/prune.ts';
export type { PutOptions } from './actions/put.ts';
export type { PutManyOptions } from './actions/putMany.ts';
export type { ResetOptions } from './actions/reset.ts';
export type { StatsOptions } from './actions/stats.ts';
export type { TransactionOptions } from './actions/transaction.ts';
export type { WarmOptions } from './actions/warm.ts';
export type { Bytes } from './bytes.ts';
export type { Call } from './call.ts';
export type {
  Command,
  CommandArguments,
  CommandMap,
  CommandResult,
  ReadCommand,
  WriteCommand,
} from './commands.ts';
export type { Files, NewFile, StoredFile } from './disk/files.ts';
export type { Duration } from './duration.ts';
export { CacheError, type CacheErrorCode, isCacheError } from './errors.ts';
export type {
  ExecuteContext,
  FunctionMap,
  LoadContext,
  Loaded,
  Loader,
  MixedFunctionMap,
  Updated,
  Updater,
} from './functions.ts';
export { type Cache, createCache } from './local/cache.ts';
export type { CacheEvents } from './local/events.ts';
export type { CallHook, Hook, HookOutcome, HookStatus, ServiceHook, ServiceRecord } from './local/hooks.ts';
export type { CacheRecord, Explanation, JanitorRecord, RawEntry } from './local/inspection.ts';
export type { LimitOptions } from './local/limit-options.ts';
export type { PolicyName } from './local/limits/policies.ts';
export type { Policy, PolicyFactory, Resident } from './local/limits/policy.ts';
export type { ServiceEvents } from './local/service-events.ts';
export type { CacheOptions, ExpirationOptions } from './local/settings.ts';
export type { CacheStats } from './local/statistics.ts';
export type { Warmed, WarmedEntry, Warmer, WarmerStatus } from './local/warmers.ts';
export { type CommitOptions, commit, ignore, type Outcome } from './outcome.ts';
export type {
  Condition,
  Field,
  Operators,
  Query,
  Select,
  Selected,
  StreamedEntry,
  Where,
} from './query/query.ts';
export type { EntryRecord, ImportedRecord } from './records.ts';
export type { CallTrace } from './tracing.ts';
