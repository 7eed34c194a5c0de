import { Acceptors } from './acceptors.ts';
import { Agreement } from './agreement.ts';
import type { Clock } from './clock.ts';
import { Codec } from './codec.ts';
import { depart, type LeaveReport } from './departure.ts';
import { Dispatch } from './dispatch.ts';
import { RouterError } from './errors.ts';
import { Events, type NodeEvents } from './events.ts';
import { hashKey, type Key, partitionOf } from './hash.ts';
import { largestValue } from './limits.ts';
import { clusterService, Membership } from './membership.ts';
import { Mesh } from './mesh.ts';
import { Moves } from './moves.ts';
import { openService } from './opening.ts';
import { checkWeight, type JoinOptions, type JoinSettings, settle } from './options.ts';
import { Ownership } from './ownership.ts';
import type { PeerOptions } from './peer.ts';
import type { Random } from './random.ts';
import { Inflow } from './replica.ts';
import { Serve } from './serve.ts';
import { type ReplicaRecord, type Service, Services } from './services.ts';
import { type NodeStatus, statusOf } from './status.ts';
import type { Listener } from './transport.ts';
import { sweepSockets } from './transports/socket.ts';
import { hasOpenedAll, type Member, memberOf, planMoves, reweigh, type View } from './view.ts';
import { encodeView } from './view-json.ts';

/** How long `leave` may take to hand things over unless it is told, in ms. */
const defaultLeave = 20_000;

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
  readonly #inflow: Inflow;
  readonly #acceptors: Acceptors;
  readonly #events: Events;
  /** Who needs this process alive: calls, promises that were given out, and the user, if so asked. */
  #retained = 0;
  #listener: Listener | undefined;
  #birth: string | undefined;
  #closing: Promise<LeaveReport> | undefined;
  /** No new calls are accepted. */
  #leaving = false;
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
    this.#events = new Events(logger);
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
      safeguards: settings.safeguards,
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
      accepting: () => !this.#leaving && !this.#closed,
      busy: (active) => this.#retain(active ? 1 : -1),
    });
    this.#inflow = new Inflow(id, this.#services);
    this.#moves = new Moves({
      self: id,
      incarnation: settings.incarnation,
      router,
      agreement,
      ownership: this.#ownership,
      services: this.#services,
      clock,
      limits: settings.moves,
      safeguards: settings.safeguards,
      settle: settings.settle,
      send: (to, handler, args) =>
        this.dispatch.callNode(to, { service: clusterService, handler, args, timeout: failureAfter }),
      moved: (event) => this.#events.emit('moved', event),
      log,
    });
    this.#services.add(clusterService, {
      handlers: { ...this.#membership.handlers, ...this.#inflow.handlers(() => this.view) },
    });
    this.#acceptors = new Acceptors({
      clock,
      limits,
      self: () => ({ id, incarnation: settings.incarnation, cluster, birth: this.#birth }),
      epoch: () => this.#epoch(),
      heardEpoch: (epoch) => this.#heard(epoch),
      serve: (request, caller) => this.#serve.answer(request, caller.id),
      log: (message) => logger.warn(`[${cluster}/${id}] ${message}`),
    });
  }

  /** Called once by {@link join}. */
  async enter(): Promise<void> {
    const { transport, listen, directory, store, keepAlive } = this.#settings;
    try {
      // The directory must be there, and be ours, before a socket is put into it.
      if (directory !== undefined) await store.read();
      this.#listener = await transport.listen(listen, (connection) => this.#acceptors.accept(connection));
      if (keepAlive) this.#retain(1);
      await this.#awaited(this.#membership.enter());
    } catch (error) {
      const retracted = await this.#membership.retract().then(
        () => true,
        () => false,
      );
      await this.#shutDown(retracted);
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

  /** Whether this node is alone, owns everything, and may skip routing and encoding. */
  get solo(): boolean {
    // Sealed, when it is on its way out: somebody may be founding the cluster anew already.
    const owning = this.#ownership.standing(0) === 'owned';
    return owning && !this.strict && !this.#closed && this.view.members.length === 1;
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

  /** The largest encoded value that can be sent, in bytes. */
  get largestValue(): number {
    return largestValue(this.#settings.limits);
  }

  /** New at every start. */
  get incarnation(): string {
    return this.#settings.incarnation;
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
    const { router } = this.#settings;
    const options = { self: this.id, router, agreement: this.#agreement, services: this.#services };
    return this.#awaited(openService(options, name, service, settings));
  }

  /** Resolves once this node holds the share of the partitions that its weight asks for. */
  ready(): Promise<void> {
    return this.#awaited(this.#untilReady());
  }

  async #untilReady(): Promise<void> {
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
    const planned = planMoves(this.view, this.#settings.router);
    return statusOf(this.id, this.cluster, this.view, planned, this.#moves.status(), up);
  }

  on<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  off<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  /** Asks for another share of the partitions; they move as the router then plans. Resolves when it is published. */
  async setWeight(weight: number): Promise<void> {
    checkWeight(weight);
    if (this.#closing !== undefined) throw new RouterError('CLOSED', 'this node is leaving');
    const { router } = this.#settings;
    const published = this.#agreement.publish((view) => {
      const member = memberOf(view, this.id);
      // Before its turn came this node may have begun to leave, for which it gave up its weight.
      const done = this.#closing !== undefined || member === undefined || member.weight === weight;
      return done ? undefined : reweigh(view, this.id, weight, router);
    });
    await this.#awaited(published);
  }

  /** Somebody awaits this, so the process must not end before it. */
  async #awaited<T>(work: Promise<T>): Promise<T> {
    this.#retain(1);
    try {
      return await work;
    } finally {
      this.#retain(-1);
    }
  }

  #retain(change: 1 | -1): void {
    this.#retained += change;
    this.#listener?.keepAlive(this.#retained > 0);
  }

  /**
   * Takes a member out of the cluster that cannot be reached and whose death nobody can prove, as when its process hangs or
   * its socket file was deleted. What it owned begins again empty at others. Only an operator can know that it is gone:
   * one that is still running stops when it learns of this. Resolves when it is published; a member that can be reached is
   * refused with `INVALID_OPTION`.
   */
  async forget(id: string): Promise<void> {
    await this.#awaited(this.#membership.forget(id));
  }

  /** Whether this process can stop now and nothing is lost with it: it owns no partition. */
  safeToStop(): boolean {
    return this.#closed || this.#ownership.owned().length === 0;
  }

  /**
   * Hands everything over and leaves. What is not handed over `within` so many ms is lost with this node, and reported.
   * While there is nobody to take it, nothing is waited for. Calling it again waits for the same end.
   */
  leave(options: { within?: number } = {}): Promise<LeaveReport> {
    const { within = defaultLeave } = options;
    if (!(within >= 0)) {
      return Promise.reject(
        new RouterError('INVALID_OPTION', `within: ${String(within)} is not milliseconds`),
      );
    }
    this.#closing ??= this.#awaited(this.#leave(within));
    return this.#closing;
  }

  /** The same as `leave()` with its defaults. */
  async close(): Promise<void> {
    await this.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** For services: a change to a partition of this node, so that copies of it follow. */
  changed(service: string, partition: number, record: ReplicaRecord): void {
    this.#moves.changed(service, partition, record);
  }

  /** For services: whether changes to a partition are wanted now. */
  streaming(partition: number): boolean {
    return this.#moves.streaming(partition);
  }

  async #leave(within: number): Promise<LeaveReport> {
    const { incarnation, router, clock, timeout, failureAfter, logger } = this.#settings;
    const report = await depart(
      {
        self: this.id,
        incarnation,
        router,
        clock,
        agreement: this.#agreement,
        ownership: this.#ownership,
        moves: this.#moves,
        services: this.#services,
        dispatch: this.dispatch,
        acceptors: this.#acceptors,
        timeout,
        grace: failureAfter,
        refuse: () => {
          this.#leaving = true;
        },
        log: (message) => logger.warn(`[${this.cluster}/${this.id}] ${message}`),
      },
      within,
    );
    await this.#shutDown(memberOf(this.view, this.id)?.incarnation !== incarnation);
    return report;
  }

  /** Unless the cluster is known to have gone on without this node, what proves its death is left behind. */
  async #shutDown(parted: boolean): Promise<void> {
    this.#closed = true;
    this.#moves.stop();
    this.#agreement.close();
    this.#mesh.close();
    this.#acceptors.close();
    await (parted ? this.#listener?.close() : this.#listener?.abandon());
    await this.#settings.store.close();
  }

  /** Ends without leaving: the cluster has already gone on without this node. */
  #stop(reason: string): void {
    if (this.#closing !== undefined) return;
    const lost = this.#ownership.owned().length;
    this.#closing = this.#shutDown(true).then(() => ({ moved: 0, lost }));
    this.#fail(new RouterError('CLOSED', reason));
  }

  #follow(view: View, previous: View | undefined): void {
    const before = this.#ownership.owned();
    this.#ownership.view = view;
    if (memberOf(view, this.id)?.incarnation !== this.#settings.incarnation) {
      this.#services.wake();
      // While leaving, the view without this node is its own.
      if (this.#closing === undefined) this.#stop('the cluster has removed this node');
      return;
    }
    for (const partition of before) {
      if (view.owners[partition] === this.id) continue;
      for (const service of this.#services.all()) service.replica?.drop(partition);
    }
    this.#inflow.follow(view);
    this.#mesh.follow(view);
    this.#moves.follow(view);
    this.#mourn(view, previous);
    this.#services.wake();
    this.#events.emit('view', view);
  }

  /** Tells services which nodes will never answer again. */
  #mourn(view: View, previous: View | undefined): void {
    const present = new Set(view.members.map(({ incarnation }) => incarnation));
    const lost = (previous?.members ?? [])
      .map(({ incarnation }) => incarnation)
      .filter((one) => !present.has(one));
    if (lost.length > 0) for (const service of this.#services.all()) service.lost?.(lost);
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
    this.#events.emit('error', error);
  }
}
