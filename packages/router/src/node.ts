import { EventEmitter } from 'node:events';
import { Acceptor } from './acceptor.ts';
import { Agreement } from './agreement.ts';
import type { Clock } from './clock.ts';
import { Codec } from './codec.ts';
import { Dispatch } from './dispatch.ts';
import { RouterError } from './errors.ts';
import { hashKey, type Key, partitionOf } from './hash.ts';
import { clusterService, Membership } from './membership.ts';
import { Mesh } from './mesh.ts';
import { Moves } from './moves.ts';
import { type JoinOptions, type JoinSettings, settle } from './options.ts';
import { Ownership } from './ownership.ts';
import type { PeerOptions } from './peer.ts';
import type { Random } from './random.ts';
import { Serve } from './serve.ts';
import { type Service, Services } from './services.ts';
import { type NodeStatus, statusOf } from './status.ts';
import type { Listener } from './transport.ts';
import { sweepSockets } from './transports/socket.ts';
import { fail, hasOpenedAll, type Member, type Move, memberOf, open, planMoves, type View } from './view.ts';
import { encodeView } from './view-json.ts';

/** What a node tells those who listen. */
export interface NodeEvents {
  /** A new view is in force at this node. */
  view: [view: View];
  /** Partitions of this node were handed over. */
  moved: [moves: readonly Move[]];
  /** Something failed that nobody waits for. */
  error: [error: Error];
}

/** Where a key lives. */
export interface KeyRoute {
  readonly partition: number;
  /** The owner's id; `null` while nobody owns the partition. */
  readonly owner: string | null;
  readonly backups: readonly string[];
  readonly epoch: number;
}

/** Joins a cluster, or founds it. Resolves once this node is in the published view. */
export async function join(options: JoinOptions): Promise<RoutedNode> {
  const node = new RoutedNode(settle(options));
  await node.enter();
  return node;
}

/** This process's place in a cluster: the parts of the library, put together. */
export class RoutedNode implements AsyncDisposable {
  readonly id: string;
  readonly cluster: string;
  readonly strict: boolean;
  readonly dispatch: Dispatch;
  readonly codec: Codec = new Codec();
  readonly #settings: JoinSettings;
  readonly #agreement: Agreement;
  readonly #ownership: Ownership;
  readonly #services: Services;
  readonly #serve: Serve;
  readonly #mesh: Mesh;
  readonly #membership: Membership;
  readonly #moves: Moves;
  readonly #acceptors = new Set<Acceptor>();
  readonly #events = new EventEmitter<NodeEvents>();
  #listener: Listener | undefined;
  #birth: string | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  /** Use {@link join}. */
  constructor(settings: JoinSettings) {
    const { id, cluster, clock, router, transport, limits, failureAfter, logger, strict, store, timeout } =
      settings;
    this.id = id;
    this.cluster = cluster;
    this.strict = strict;
    this.#settings = settings;
    this.#ownership = new Ownership(id);
    this.#services = new Services(clock);
    const self: Member = {
      id,
      incarnation: settings.incarnation,
      address: settings.listen,
      weight: settings.weight,
      opened: [],
    };
    const log = (message: string): void => logger.info(`[${cluster}/${id}] ${message}`);
    const agreement = new Agreement({
      store,
      clock,
      changed: (view, previous) => this.#follow(view, previous),
      published: (view) => this.#tell(view),
      diverged: (reason) => this.#stop(`this node contradicts its cluster: ${reason}`),
      log,
    });
    this.#agreement = agreement;
    const peer: Omit<PeerOptions, 'to' | 'birth' | 'died'> = {
      self,
      cluster,
      transport,
      clock,
      limits,
      failureAfter,
      epoch: () => this.#epoch(),
      heardEpoch: (epoch) => this.#heard(epoch),
      log,
    };
    this.#mesh = new Mesh(id, peer, (member) => this.#report(this.#membership.bury(member)));
    this.#membership = new Membership({
      ...settings,
      self,
      agreement,
      codec: this.codec,
      peer,
      approach: (birth) => {
        this.#birth = birth;
      },
      reaches: (other) => this.#mesh.get(other)?.up === true,
      log,
    });
    this.#serve = new Serve({
      self: id,
      clock,
      codec: this.codec,
      ownership: this.#ownership,
      services: this.#services,
      partitions: () => agreement.view.owners.length,
      epoch: () => this.#epoch(),
    });
    this.dispatch = new Dispatch({
      self: id,
      clock,
      codec: this.codec,
      agreement,
      serve: this.#serve,
      timeout,
      strict,
      peer: (other) => this.#mesh.get(other),
      closed: () => this.#closed,
      busy: (active) => this.#listener?.keepAlive(active || settings.keepAlive),
    });
    this.#moves = new Moves({
      self: id,
      router,
      agreement,
      ownership: this.#ownership,
      clock,
      settle: settings.settle,
      moved: (moves) => this.#events.emit('moved', moves),
      log,
    });
    this.#services.add(clusterService, { handlers: this.#membership.handlers });
  }

  /** Called once by {@link join}. */
  async enter(): Promise<void> {
    const { transport, listen, directory, store, keepAlive } = this.#settings;
    try {
      // The directory must be there, and be ours, before a socket is put into it.
      if (directory !== undefined) await store.read();
      this.#listener = await transport.listen(listen, (connection) => this.#accept(connection));
      this.#listener.keepAlive(true);
      await this.#membership.enter();
      this.#listener.keepAlive(keepAlive);
    } catch (error) {
      await this.#shutDown();
      throw error;
    }
    if (directory !== undefined) {
      const used = this.view.members.map(({ address }) => address);
      this.#report(sweepSockets(directory, new Set(used), this.#settings.clock));
    }
  }

  /** The view in force at this node. */
  get view(): View {
    return this.#agreement.view;
  }

  /** Whether this node is alone and may skip routing and encoding: what it does not own nobody does. */
  get solo(): boolean {
    return !this.strict && !this.#closed && this.view.members.length === 1;
  }

  /** The members of the cluster, this node included. */
  nodes(): readonly Member[] {
    return this.view.members;
  }

  /** Where a key lives, without asking anybody. */
  route(key: Key): KeyRoute {
    const { owners, backups, epoch } = this.view;
    const partition = partitionOf(hashKey(key), owners.length);
    return { partition, owner: owners[partition] ?? null, backups: backups[partition] ?? [], epoch };
  }

  /** Whether this node may answer for the key of that hash now. */
  owns(hash: number): boolean {
    return this.#ownership.standing(partitionOf(hash, this.view.owners.length)) === 'owned';
  }

  /** Time and randomness as this node was given them. */
  get clock(): Clock {
    return this.#settings.clock;
  }

  get random(): Random {
    return this.#settings.random;
  }

  /**
   * Offers a service under `name` and records it in the view. The first node to open a name settles `settings`, which
   * must be JSON; another that gives different ones is refused with `CONFIG_MISMATCH`, naming what differs: at once if
   * they are known here, else by the promise. Resolves when it is recorded; calls are answered from now on.
   */
  open(name: string, service: Service, settings: object = {}): Promise<void> {
    if (this.#closed) throw new RouterError('CLOSED', 'this node is closed');
    checkSettings(this.view, name, settings);
    this.#services.add(name, service);
    return this.#record(name, settings);
  }

  async #record(name: string, settings: object): Promise<void> {
    try {
      await this.#agreement.publish((view) => {
        checkSettings(view, name, settings);
        const done = memberOf(view, this.id)?.opened.includes(name) !== false;
        return done ? undefined : open(view, this.id, name, settings, this.#settings.router);
      });
    } catch (error) {
      this.#services.remove(name);
      throw error;
    }
  }

  /** Resolves once this node holds the share of the partitions that its weight asks for. */
  async ready(): Promise<void> {
    const { router } = this.#settings;
    const share = (): boolean => {
      const member = memberOf(this.view, this.id);
      if (member === undefined || member.weight === 0) return true;
      return (
        hasOpenedAll(this.view, member) && planMoves(this.view, router).every(({ to }) => to !== this.id)
      );
    };
    while (!this.#closed && !share()) {
      await this.#agreement.reach(this.view.epoch + 1, this.#settings.failureAfter);
    }
    if (this.#closed) throw new RouterError('CLOSED', 'this node is closed');
  }

  /** What this node knows of its cluster and of itself. */
  status(): NodeStatus {
    const up = (id: string): boolean => id === this.id || this.#mesh.get(id)?.up === true;
    return statusOf(this.id, this.cluster, this.view, planMoves(this.view, this.#settings.router), up);
  }

  on<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    (this.#events as EventEmitter).on(event, listener);
    return this;
  }

  off<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    (this.#events as EventEmitter).off(event, listener);
    return this;
  }

  /** Leaves the cluster and frees everything. Calling it again waits for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #leave(): Promise<void> {
    const { router, logger, timeout } = this.#settings;
    this.#moves.stop();
    const owned = this.#ownership.owned();
    this.#ownership.seal(owned);
    try {
      await this.#agreement.publish((view) => {
        const mine = memberOf(view, this.id)?.incarnation === this.#settings.incarnation;
        return mine ? fail(view, [this.id], router) : undefined;
      }, timeout);
    } catch (error) {
      logger.warn(`leaving '${this.cluster}' without telling it: ${(error as Error).message}`);
    }
    // The calls that waited are told who owns their keys now; one more turn lets these answers leave.
    this.#ownership.unseal(owned);
    await new Promise<void>((resolve) => this.#settings.clock.defer(resolve));
    await new Promise<void>((resolve) => this.#settings.clock.defer(resolve));
    await this.#shutDown();
  }

  async #shutDown(): Promise<void> {
    this.#closed = true;
    this.#moves.stop();
    this.#agreement.close();
    this.#mesh.close();
    for (const acceptor of this.#acceptors) acceptor.close();
    await this.#listener?.close();
    await this.#settings.store.close();
  }

  /** Ends without leaving: the cluster has already gone on without this node. */
  #stop(reason: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = this.#shutDown();
    this.#fail(new RouterError('CLOSED', reason));
  }

  #accept(connection: Parameters<Parameters<JoinSettings['transport']['listen']>[1]>[0]): void {
    const { clock, limits, logger, incarnation } = this.#settings;
    const acceptor = new Acceptor(
      connection,
      {
        clock,
        limits,
        self: () => ({ id: this.id, incarnation, cluster: this.cluster, birth: this.#birth }),
        epoch: () => this.#epoch(),
        heardEpoch: (epoch) => this.#heard(epoch),
        serve: (request) => this.#serve.answer(request),
        log: (message) => logger.warn(`[${this.cluster}/${this.id}] ${message}`),
      },
      (ended) => this.#acceptors.delete(ended),
    );
    this.#acceptors.add(acceptor);
  }

  #follow(view: View, previous: View | undefined): void {
    const before = this.#ownership.owned();
    this.#ownership.view = view;
    if (memberOf(view, this.id)?.incarnation !== this.#settings.incarnation) {
      this.#stop('the cluster has removed this node');
      return;
    }
    for (const partition of before) {
      if (view.owners[partition] === this.id) continue;
      for (const service of this.#services.all()) service.replica?.drop(partition);
    }
    this.#mesh.follow(view);
    this.#moves.follow(view);
    if (previous !== undefined || view.members.length > 0) this.#events.emit('view', view);
  }

  #tell(view: View): void {
    const text = encodeView(view);
    for (const peer of this.#mesh.all()) {
      if (!peer.up) continue;
      const call = { service: clusterService, handler: 'view', args: [text], repeatable: true };
      // A peer that misses it learns the view from the store.
      this.dispatch.callNode(peer.id, call).catch(() => {});
    }
  }

  #epoch(): number {
    return this.#agreement.joined ? this.view.epoch : 0;
  }

  #heard(epoch: number): void {
    if (this.#agreement.joined && epoch > this.view.epoch) void this.#agreement.refresh();
  }

  #report(work: Promise<unknown>): void {
    work.catch((error: Error) => this.#fail(error));
  }

  #fail(error: Error): void {
    this.#settings.logger.error(`[${this.cluster}/${this.id}] ${error.message}`);
    if (this.#events.listenerCount('error') > 0) this.#events.emit('error', error);
  }
}

/** The settings of the first opener hold for the whole cluster. */
function checkSettings(view: View, name: string, settings: object): void {
  if (!Object.hasOwn(view.caches, name)) return;
  const agreed = view.caches[name] as Record<string, unknown>;
  const given = JSON.parse(JSON.stringify(settings)) as Record<string, unknown>;
  for (const option of new Set([...Object.keys(agreed), ...Object.keys(given)])) {
    const [here, there] = [JSON.stringify(given[option]), JSON.stringify(agreed[option])];
    if (here === there) continue;
    const message = `'${name}' was opened with ${option} ${there ?? 'unset'}; ${here ?? 'unset'} here contradicts that`;
    throw new RouterError('CONFIG_MISMATCH', message);
  }
}
