import type { Key } from '@cachex/router/hash';
import type { Engine } from './local/engine.ts';
import type { Parameter } from './parameters.ts';

/** How a facade answers: at once, or by a promise. */
export type Mode = 'sync' | 'async';

/** What a method of each mode returns for a result of type `T`. */
export interface Replies<T> {
  sync: T;
  async: Promise<T>;
}

/** A result of type `T` as mode `M` delivers it. */
export type Reply<M extends Mode, T> = Replies<T>[M];

/** A function of the user. It is written as a method so that caches of narrower types can stand for those of wider ones. */
export type WorkOn<T, R> = { work(on: T): R }['work'];

/** What a method answers that runs a function here, by mode. */
export interface Worked<R> {
  sync: R;
  async: Promise<Awaited<R>>;
}

/** What a method of each mode returns that answers piece by piece. */
export interface Pieces<T> {
  sync: IterableIterator<T>;
  async: AsyncIterableIterator<T>;
}

/** Pieces of type `T` as mode `M` delivers them. */
export type Iteration<M extends Mode, T> = Pieces<T>[M];

/** Options every clustered method takes beside its own. */
export interface ClusterCallOptions {
  /** Rejects with the signal's reason when it aborts; what was already sent may still happen. */
  signal?: AbortSignal;
  /** How long to wait, in milliseconds or as a duration string; 5 s unless set. */
  timeout?: number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;
  /** Looks only at this node's share: no routing. A write to a key that another node owns is refused. */
  local?: boolean;
  /**
   * `'allow'`: a call about all entries that could not cover every partition in time answers with what it has, instead
   * of rejecting with `PARTIAL_RESULT`.
   */
  partial?: 'allow';
}

/** The options of a method beside its own, by mode: none where nothing is awaited. */
export interface CallOptions {
  // biome-ignore lint/complexity/noBannedTypes: intersecting with {} adds nothing, which is what a local call needs.
  sync: {};
  async: ClusterCallOptions;
}

/** The counters an action may add to. */
export type Counter =
  | 'hits'
  | 'misses'
  | 'writes'
  | 'updates'
  | 'removals'
  | 'loads'
  | 'invocations'
  | 'expirations'
  | 'evictions';

/** Partitions of the key space; a merged action covers each exactly once. */
export type Partitions = Iterable<number>;

/** How the results of a merged action's parts become one. */
export interface Merge<R> {
  readonly name: string;
  combine(parts: readonly R[]): R;
}

interface Declaration<A extends readonly unknown[], R> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Whether it changes anything. */
  readonly effect: 'read' | 'write';
  /** Set on writes that only read where there is a live entry: a lock on the key does not hold them up then. */
  readonly readsPresent?: boolean;
  /** Whether running it twice for one call is harmless. If not, owners remember that they ran it, in case the answer is lost. */
  readonly repeatable: boolean;
  /** One for each argument, in order; each checks its argument on the caller, before anything happens. */
  readonly parameters: { readonly [I in keyof A]: Parameter<A[I]> };
  /**
   * `'value'`: the result is a stored value as it is held (see ValueForm), and the facade opens it for the reader;
   * `'values'`: a list of such.
   */
  readonly result: 'value' | 'values' | 'plain';
  /**
   * Set on actions that wait for the user's code. `'promise'`: `execute` answers a promise in every mode, and what is
   * wrong with a call rejects it; `'either'`: a promise only if the user's code returned one. `'iterable'`: it answers
   * piece by piece; in a cluster what is wrong with the call rejects the first step.
   */
  readonly answers?: 'promise' | 'either' | 'iterable';
  /**
   * What the outcome of one execution adds to the statistics of the node that executed it. An action whose result does
   * not tell (`incr`, `clear`, `fetch`) counts by itself while it executes.
   */
  counts?(result: R, ...args: A): Counter | undefined;
  /**
   * What a near cache answers in place of the owner, where it has the value: that, or whether there is one. `'value'` also
   * says that what the owner answers may be kept there.
   */
  readonly near?: 'value' | 'presence';
  /** Whether a call that reached only some of the nodes or partitions may be answered with what those said. */
  readonly partial?: true;
  /** Brings arguments into the order of `parameters`, where one before the options may be left out. */
  arrange?(given: readonly unknown[]): unknown[];
  /** What the caller makes of the opened answer: defaults and the like, which never travel. */
  finish?(result: unknown, ...args: A): unknown;
}

/** An action on one key: it runs on the key's owner. */
export interface KeyedAction<A extends readonly unknown[], R> extends Declaration<A, R> {
  readonly route: { readonly kind: 'keyed' /** The position of the key. */; readonly key: number };
  /** Synchronous, save for actions that wait for the user's code. `hash` is that of the key. */
  execute(engine: Engine, hash: number, ...args: A): R | Promise<R>;
  /**
   * The method on an engine in this process, written out for an action that is called most of all, of a key, perhaps a value,
   * and options: in the general way the functions of every action meet at the same site, where none can be inlined, which
   * takes as long as the search for the entry. It does the same as `general` without hooks, which it may call, and makes
   * nothing for a call.
   */
  direct?(engine: Engine, general: Method): Method;
}

/** An action on every entry: it runs once for every partition, and the parts are merged. */
export interface MergedAction<A extends readonly unknown[], R> extends Declaration<A, R> {
  readonly route: { readonly kind: 'merged'; readonly merge: Merge<R> };
  /** Covers exactly `partitions`. */
  execute(engine: Engine, partitions: Partitions, ...args: A): R;
}

type BatchArguments = readonly [items: readonly unknown[], options: unknown];

/**
 * An action on many keys: each item of a list is executed once, at the owner of its key. A call of its own is made of what
 * concerns one node; see `batch.ts`.
 */
export interface BatchAction<A extends BatchArguments, R> extends Declaration<A, readonly R[]> {
  readonly route: {
    readonly kind: 'batch';
    keyOf(item: A[0][number]): Key;
    /** Whether a call with these options is made at one node as a whole, or not at all. */
    whole?(options: A[1]): boolean;
  };
  /** What is to be known of all items before the first is executed; throws if one cannot be. */
  check?(engine: Engine, items: A[0]): void;
  /** For one item, in the order of the list. Synchronous, and never throws: all that can be wrong is found before. */
  execute(engine: Engine, hash: number, item: A[0][number], options: A[1]): R;
  /** What the outcome of one item adds to the statistics; `counts` is about the list. */
  countsItem?(result: R): Counter | undefined;
}

/** An action about the node it is called on; nothing is routed. */
export interface LocalAction<A extends readonly unknown[], R> extends Declaration<A, R> {
  readonly route: { readonly kind: 'local' };
  execute(engine: Engine, ...args: A): R;
}

/**
 * An action that runs where it is called, because it takes a closure or answers piece by piece. In a cluster the file of its
 * name in `cluster/compositions` makes it out of calls that are routed.
 */
export interface CallerAction<A extends readonly unknown[], R> extends Declaration<A, R> {
  readonly route: {
    readonly kind: 'caller';
    /** It is about all entries: with `partial: 'allow'`, those that cannot be reached may be left out. */
    readonly everything?: true;
  };
  /** In one process. `cache` is what the user calls methods of. */
  execute(engine: Engine, cache: Methods, ...args: A): R;
}

/** A method of a facade. Its arguments are checked when it is called. */
export type Method = (a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;

/** The methods of a cache by name, aliases included. */
export type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

// biome-ignore lint/suspicious/noExplicitAny: the table holds actions of every argument and result type.
type Any = any;

export type Action =
  | KeyedAction<Any, Any>
  | MergedAction<Any, Any>
  | BatchAction<Any, Any>
  | LocalAction<Any, Any>
  | CallerAction<Any, Any>;
