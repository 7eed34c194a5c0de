import {
  join as joinRouter,
  type KeyRoute,
  type LeaveReport,
  type Member,
  type NodeEvents,
  type NodeStatus,
  Reconsider,
  type RoutedNode,
  type Service,
  type View,
} from '@cachex/router';
import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import type { AnyCommands, CommandMap, CommandValue } from '../commands.ts';
import type { DashboardOptions } from '../dashboard/options.ts';
import type { Dashboard } from '../dashboard/server.ts';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type {
  AnyFunctions,
  AnyLoaders,
  FunctionMap,
  KeyOf,
  MixedFunctionMap,
  ValueOf,
} from '../functions.ts';
import { type Change, Engine } from '../local/engine.ts';
import { checkListener } from '../local/events.ts';
import { describeLimit } from '../local/limit-options.ts';
import {
  type CacheOptions,
  longestNear,
  type NearOptions,
  type ReadFrom,
  readClusterCacheOptions,
} from '../local/settings.ts';
import { checkKey } from '../parameters.ts';
import { CallSample } from './call-sample.ts';
import { type ClusterCache, clusterCache } from './cluster-cache.ts';
import { EngineReplica } from './engine-replica.ts';
import { fullPage } from './entry-page.ts';
import { Grants } from './grants.ts';
import { actionHandlers, operationHandlers } from './handlers.ts';
import { checkWeight, type JoinOptions, readJoinOptions } from './join-options.ts';
import { type LeaveOptions, readLeaveOptions } from './leave-options.ts';
import { Lending } from './lending.ts';
import { Listeners } from './listeners.ts';
import { LockReplica } from './lock-replica.ts';
import { Messages } from './messages.ts';
import { type NearCache, nearCacheOf } from './near-cache.ts';
import { control, controlHandlers, nodeService } from './remote-control.ts';
import { sendUpdate } from './send-update.ts';
import { settleLoad } from './settle-load.ts';
import { TransactionRecovery } from './transaction-recovery.ts';
import { translate } from './translate.ts';
import { askVitals, type NodeVitals, Vitals, type VitalsOptions } from './vitals.ts';
import { warmingPlace } from './warming-place.ts';
import { wireForm } from './wire-form.ts';

/** Options of {@link ClusterNode.cache}; every node that opens the cache must give the same `ttl`, `expiration`, `limit` and `backups`. */
export type ClusterCacheSettings<
  K extends Key,
  V,
  F extends MixedFunctionMap<K, V>,
  C extends CommandMap<V> = CommandMap<V>,
> = Pick<
  CacheOptions<K, V, F, C>,
  | 'ttl'
  | 'expiration'
  | 'limit'
  | 'functions'
  | 'commands'
  | 'stats'
  | 'hooks'
  | 'warmers'
  | 'clock'
  | 'files'
> & {
  /**
   * Whether other nodes keep copies of the entries, as many as the cluster was founded with (`join({ backups })`). `false`
   * saves the memory and the waiting of every write: what a killed process owned is gone. Default: `true`.
   */
  backups?: boolean;
  /**
   * `'any'` lets `get`, `exists` and `ttl` at this node read its own copy of an entry that another node owns, if it has one:
   * no round trip, but perhaps an answer that is older than one that was given already. Default: `'owner'`.
   */
  readFrom?: ReadFrom;
  /**
   * For how long the others wait for word of a load that runs at this node because it was given to `fetch` as a function.
   * This node gives it all the while; if it stops, the next who waits loads. Default: 10 s.
   */
  loadLease?: Duration;
  /**
   * Keeps values of other nodes' keys at this node, so that reading them again costs no round trip: `{ size: 10_000, expire:
   * '10s' }`. Their owners tell when they change. The values are the same objects for all readers: do not change them. What is
   * promised is in docs/near-cache.md. Default: none.
   */
  nearCache?: NearOptions;
  /**
   * Whether this node keeps values of hot keys for a second, as a near cache would, and tells other nodes which of its own are
   * hot. Default: `true`.
   */
  hotKeys?: boolean;
};

/**
 * Joins a cluster, or founds it; resolves once this node is in the published view.
 *
 * `join()` makes one cluster of the processes and threads of this application on this machine, and `join({ cluster })` of all
 * that name it and run as this user, with no server. Rejects with
 * `INVALID_OPTION`, with `CONFIG_MISMATCH` when a running node has the same `id`, and with `TIMEOUT` when members are
 * listed that cannot be reached.
 */
export async function join(options: JoinOptions = {}): Promise<ClusterNode> {
  try {
    return new ClusterNode(await joinRouter(await readJoinOptions(options, process)));
  } catch (error) {
    throw translate(error);
  }
}

type InferredSettings = Omit<
  ClusterCacheSettings<Key, unknown, FunctionMap<Key, unknown>>,
  'functions' | 'commands'
>;

/** The names of all events of a node. */
const eventNames: readonly (keyof NodeEvents)[] = ['view', 'moved', 'error'];

interface OpenCache {
  readonly cache: ClusterCache<Key, unknown, FunctionMap<Key, unknown>>;
  readonly engine: Engine;
  readonly near: NearCache | undefined;
  readonly calls: CallSample | undefined;
  /** Why this node may not use it, once that is known. */
  failure: CacheError | undefined;
}

/** This process as a node of a cluster: opens caches, and knows who is there. */
export class ClusterNode implements AsyncDisposable {
  readonly #node: RoutedNode;
  readonly #caches = new Map<string, OpenCache>();
  /** Those who listen here get errors of this library's own kind. */
  readonly #listeners: Listeners;
  readonly #vitals: Vitals;
  readonly #dashboards = new Set<Dashboard>();
  /** What the nodes tell each other beside their caches. */
  readonly messages: Messages;
  #ended = false;
  /** It was told to leave, and does. */
  #dismissal: Promise<void> | undefined;

  /** Use {@link join}. */
  constructor(node: RoutedNode) {
    this.#node = node;
    this.#listeners = new Listeners(node);
    this.messages = new Messages(node);
    this.#vitals = new Vitals(node, this.#caches);
    node.on('moved', ({ to, partitions }) => {
      for (const { engine } of this.#caches.values()) engine.events.moved(to, partitions);
    });
    node.on('view', (view) => {
      for (const { near } of this.#caches.values()) near?.follow(view);
    });
    node.offer(
      nodeService,
      controlHandlers({
        vitals: () => this.#vitals.read(),
        weigh: (weight) => node.setWeight(weight),
        leave: (within, by) => this.#dismissed(within, by),
      }),
    );
    // The cluster may go on without this node; what its caches hold is worth nothing then.
    node.on('error', (error) => {
      const { code } = error as Partial<CacheError>;
      if (code === 'CLOSED' || code === 'FENCED') this.#closeCaches(translate(error) as CacheError);
    });
  }

  /** The name of this node. */
  get id(): string {
    return this.#node.id;
  }

  /** The name of its cluster. */
  get cluster(): string {
    return this.#node.cluster;
  }

  /**
   * Opens the cache of that name, which every node of the cluster shares. The data settings of the first opener hold; others
   * must give the same, else `CONFIG_MISMATCH`. Opening it again without options answers with the same cache.
   *
   * Without type arguments, the types of keys and values follow from `functions`, and a wrong name in `fetch` or `invoke` is
   * a compile error.
   */
  cache<F extends AnyLoaders, C extends CommandMap<ValueOf<F>> = CommandMap<ValueOf<F>>>(
    name: string,
    options: InferredSettings & { functions: F; commands?: C },
  ): ClusterCache<KeyOf<F>, ValueOf<F>, F, C>;
  /** The same with functions of which some are for `getAndUpdate`. */
  cache<F extends AnyFunctions, C extends CommandMap<ValueOf<F>> = CommandMap<ValueOf<F>>>(
    name: string,
    options: InferredSettings & { functions: F; commands?: C },
  ): ClusterCache<KeyOf<F>, ValueOf<F>, F, C>;
  /** The same without functions: the type of values follows from `commands`, and keys may be of any type. */
  cache<C extends AnyCommands>(
    name: string,
    options: InferredSettings & { commands: C },
  ): ClusterCache<Key, CommandValue<C>, FunctionMap<Key, CommandValue<C>>, C>;
  /**
   * The same, of the keys and values that are named. To have the names of functions and commands checked as well, name their
   * types: `node.cache<string, User, typeof functions, typeof commands>(…)`.
   */
  cache<
    K extends Key = Key,
    V = unknown,
    F extends FunctionMap<K, V> = FunctionMap<K, V>,
    C extends CommandMap<V> = CommandMap<V>,
  >(name: string, options?: ClusterCacheSettings<K, V, F, C>): ClusterCache<K, V, F, C>;
  /** The same with functions of which some are for `getAndUpdate`. */
  cache<
    K extends Key = Key,
    V = unknown,
    F extends MixedFunctionMap<K, V> = MixedFunctionMap<K, V>,
    C extends CommandMap<V> = CommandMap<V>,
  >(name: string, options?: ClusterCacheSettings<K, V, F, C>): ClusterCache<K, V, F, C>;
  cache(name: string, options?: object): unknown {
    const known = this.#caches.get(name);
    if (known !== undefined && options !== undefined) {
      const message = `cache '${name}' is already open at node '${this.id}': give its options once`;
      throw new CacheError('INVALID_OPTION', message);
    }
    return (known ?? this.#open(name, options === undefined ? {} : options)).cache;
  }

  /** Resolves once this node holds its share of the partitions. */
  ready(): Promise<void> {
    return translated(this.#node.ready());
  }

  /** The members of the cluster, this node included. */
  nodes(): readonly Member[] {
    return this.#node.nodes();
  }

  /** Where a key lives, without asking anybody. */
  route(key: Key): KeyRoute {
    return this.#node.route(checkKey(key));
  }

  /** What this node knows of its cluster and of itself. */
  status(): NodeStatus {
    return this.#node.status();
  }

  /** The view in force at this node: what the cluster has agreed on. */
  get view(): View {
    return this.#node.view;
  }

  /**
   * What a node says of itself: its process, and what its caches hold and were asked. `{ node }` asks another one, which must
   * have opened a cache. Rejects with `INVALID_OPTION`, `NODE_DOWN` or `TIMEOUT`.
   */
  vitals(options?: VitalsOptions): Promise<NodeVitals> {
    return translated(askVitals(this.#node, this.#vitals, options));
  }

  /**
   * Serves a live page about the cluster at this machine, or with a `token` to others as well; see docs/dashboard.md. It ends
   * with this node, and keeps no process alive. Rejects with `INVALID_OPTION`, also if the port is taken, or `CLOSED`.
   */
  async dashboard(options: DashboardOptions): Promise<Dashboard> {
    const { openDashboard } = await import('../dashboard/index.ts');
    const source = {
      node: this,
      clock: this.#node.clock,
      openCache: (name: string) => this.#caches.get(name)?.cache,
    };
    const dashboard = await openDashboard(source, options);
    const close = async (): Promise<void> => {
      this.#dashboards.delete(shown);
      await dashboard.close();
    };
    const shown: Dashboard = { url: dashboard.url, close };
    if (this.#ended) {
      await close();
      throw new CacheError('CLOSED', `node '${this.id}' is closed`);
    }
    this.#dashboards.add(shown);
    return shown;
  }

  /** Has `listener` called at an event: `view`, `moved` or `error`. */
  on<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    checkListener(eventNames, event, listener);
    this.#listeners.on(event, listener);
    return this;
  }

  /** Has it called no longer. */
  off<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    checkListener(eventNames, event, listener);
    this.#listeners.off(event, listener);
    return this;
  }

  /**
   * Asks for another share of the keys, relative to the other nodes; 0 for none. Entries move while they are served. With
   * `node`, its id, it is another one that asks; `INVALID_OPTION` if that is not there.
   */
  async setWeight(weight: number, { node: id = this.id }: { node?: string } = {}): Promise<void> {
    const wanted = checkWeight(weight);
    await translated(
      id === this.id ? this.#node.setWeight(wanted) : control(this.#node, id, 'weigh', wanted),
    );
  }

  /**
   * Tells another node to leave, as its own `leave({ within })` would; resolves once it has begun. When it has left, it gets the
   * event `error`, code `CLOSED`, and its calls reject with that. To empty a node and let its process go on, use
   * `setWeight(0, { node })`.
   */
  async dismiss(id: string, options?: LeaveOptions): Promise<void> {
    const { within = defaultLeave } = readLeaveOptions(options);
    await translated(control(this.#node, id, 'leave', within));
  }

  /**
   * Takes a member out of the cluster that cannot be reached and whose death nobody can prove, as when its process hangs or
   * its socket file was deleted. Its keys can be used again; those of its entries that have no backup are lost. Only an operator
   * can know that it is gone: one that is still running stops when it learns of this. A member that can be reached: `INVALID_OPTION`.
   */
  forget(id: string): Promise<void> {
    return translated(this.#node.forget(id));
  }

  /** Whether this process can stop now without an entry being lost: it owns no partition, and is no backup of one. */
  safeToStop(): boolean {
    return this.#node.safeToStop();
  }

  /**
   * Hands this node's entries over to the others, leaves the cluster, closes its caches and frees everything. What is not
   * handed over `within` that time (default: 20 s) is lost, and reported. Calling it again waits for the same end. Bad
   * options: `INVALID_OPTION`, and the node stays.
   */
  async leave(options?: LeaveOptions): Promise<LeaveReport> {
    const within = readLeaveOptions(options);
    try {
      return await translated(this.#node.leave(within));
    } finally {
      this.#closeCaches();
      await Promise.all([...this.#dashboards].map((dashboard) => dashboard.close()));
    }
  }

  /** The same as `leave()` with its defaults. */
  async close(): Promise<void> {
    await this.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Another node has told this one to leave. */
  #dismissed(within: number, by: string): void {
    const reason = new CacheError('CLOSED', `node '${this.id}' has left its cluster, as '${by}' told it to`);
    const end = (): void => {
      this.#closeCaches(reason);
      this.#node.announce('error', reason);
    };
    this.#dismissal ??= this.#node.leave({ within }).then(end, end);
  }

  /** Calls get `reason`, or that their cache is closed. */
  #closeCaches(reason?: CacheError): void {
    this.#ended = true;
    this.#vitals.close();
    for (const dashboard of this.#dashboards) void dashboard.close();
    for (const open of this.#caches.values()) {
      open.failure ??= reason;
      open.engine.close();
      open.near?.close();
    }
  }

  #open(name: string, options: object): OpenCache {
    const node = this.#node;
    const settings = readClusterCacheOptions(name, options);
    const { ttl, expiration, limit, backups, readFrom, hotKeys } = settings;
    const values = wireForm(node);
    const partitions = node.view.owners.length;
    const present = (incarnation: string): boolean =>
      node.view.members.some((member) => member.incarnation === incarnation);
    const recovery = new TransactionRecovery(node, name, () => engine.locks!);
    const engine: Engine = new Engine({
      ...settings,
      clock: settings.clock ?? node.clock,
      random: node.random,
      values,
      partitions,
      changed(change) {
        lending.changed(change);
        const partition = 'partition' in change ? change.partition : partitionOf(hashOf(change), partitions);
        if (!node.streaming(partition)) return;
        const record = replica.recordOf(change);
        if (record !== undefined) node.changed(name, partition, record);
      },
      warming: warmingPlace(node, name),
      // Incarnations are drawn at random, so these places are.
      firstVersion: (hashKey(node.incarnation) >>> 0) * 2 ** 20,
      commitUpdate: (update) => sendUpdate(node, engine, values, name, update),
      loads: {
        clock: node.clock,
        lease: settings.loadLease,
        origin: node.incarnation,
        settle: (load, result) => settleLoad(node, engine, values, name, load, result),
        reconsider: () => new Reconsider(`the load of a key of '${name}' has moved or was lost`),
      },
      // Leases are held against nodes, whatever clock entries expire by.
      locks: {
        clock: node.clock,
        origin: node.incarnation,
        present,
        undecided: (lock) => recovery.undecided(lock),
        unapplied: (decision) => recovery.unapplied(decision),
      },
    });
    const lockReplica = new LockReplica(engine.locks!, values, node.codec);
    const grants = new Grants({ name, clock: node.clock, partitions, longest: longestNear });
    const lending = new Lending(grants, engine, hotKeys);
    const departed = (partition: number): void => grants.changedAll(partition);
    // A page and the largest value are to fit into one message.
    const page = Math.min(fullPage, node.spare / 4);
    const replica = new EngineReplica(engine, values, node.codec, present, lockReplica, departed, page);
    const near = nearCacheOf(name, node, settings);
    const copies = readFrom === 'any' ? replica.reading : undefined;
    const calls = settings.stats ? new CallSample(node.clock, partitions) : undefined;
    const cache = clusterCache({
      ...{ name, node, engine, values, copies, near, sample: calls },
      failure: () => open.failure,
    });
    const open: OpenCache = { cache, engine, near, calls, failure: undefined };
    try {
      engine.hooks?.open(cache as unknown as Methods);
      engine.warmers?.open(cache as unknown as Methods);
    } catch (error) {
      engine.close();
      throw error;
    }
    const service: Service = {
      handlers: {
        ...operationHandlers({
          node,
          engine,
          values,
          cache: cache as unknown as Methods,
          vitals: this.#vitals,
        }),
        ...actionHandlers(engine, values, node, lending),
      },
      replica,
      backed: backups,
      idle: async () => {
        await Promise.all([engine.loads.idle(), engine.updates.idle(), engine.locks!.idle()]);
      },
      lost: (incarnations) => {
        engine.loads.lost(incarnations);
        engine.locks!.lost(incarnations);
        engine.warmers?.lost(incarnations);
      },
      noticed: (_from, hashes) => near?.noticed(hashes),
      parted: (from) => near?.parted(from),
      changing: (...call) => near?.changing(...call),
    };
    // Anything wrong with the settings that can be known now is thrown now.
    const opened = rethrown(() =>
      node.open(name, service, { ttl, expiration, limit: describeLimit(limit), backups }),
    );
    this.#caches.set(name, open);
    const warm = (): void => {
      if (!engine.closed) engine.warmers?.start();
    };
    opened.then(warm, (error: unknown) => {
      open.failure = translate(error) as CacheError;
      engine.close();
      near?.close();
      this.#caches.delete(name);
      // Last, for whoever is told may make calls.
      engine.events.error(open.failure);
    });
    return open;
  }
}

/** How long leaving may take unless it is told, in ms. */
const defaultLeave = 20_000;

function hashOf(change: Exclude<Change, { readonly partition: number }>): number {
  return change.hash;
}

function rethrown<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(error);
  }
}

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translate(error);
  }
}
