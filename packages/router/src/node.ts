import { Acceptors } from './acceptors.ts';
import { Agreement } from './agreement.ts';
import { Backups } from './backups.ts';
import { CallLog, callLogService } from './call-log.ts';
import type { Clock, Timer } from './clock.ts';
import { Codec } from './codec.ts';
import { depart, type LeaveReport } from './departure.ts';
import { Dispatch } from './dispatch.ts';
import { Electors } from './electors.ts';
import { RouterError } from './errors.ts';
import { Events, type NodeEvents } from './events.ts';
import { Gate } from './gate.ts';
import { type Identity, pagingProtocol, protocols } from './handshake.ts';
import { hashKey, type Key, keyProblem, partitionOf } from './hash.ts';
import { Inflow } from './inflow.ts';
import type { Call } from './journey.ts';
import { Lease } from './lease.ts';
import { largestValue, spare } from './limits.ts';
import { clusterService, Membership } from './membership.ts';
import { Mesh } from './mesh.ts';
import { Moves } from './moves.ts';
import { openService } from './opening.ts';
import { checkWeight, type JoinOptions, type JoinSettings, settle } from './options.ts';
import { Ownership } from './ownership.ts';
import type { Peer, PeerOptions } from './peer.ts';
import { hasOpenedAll, planMoves } from './plan.ts';
import type { Random } from './random.ts';
import type { StreamAnswer, StreamMessage, Unit } from './replica-stream.ts';
import { Replication } from './replication.ts';
import { Serve } from './serve.ts';
import { type Handler, type ReplicaRecord, type Service, Services } from './services.ts';
import { type NodeStatus, statusOf } from './status.ts';
import { Suspicion } from './suspicion.ts';
import { Throttle } from './throttle.ts';
import type { Connection, Listener } from './transport.ts';
import { sweepSockets } from './transports/unix.ts';
import { Turns } from './turns.ts';
import { lacks, type Member, memberOf, reweigh, type View } from './view.ts';
import { decodeView, encodeView } from './view-json.ts';
import type { ViewStore } from './view-store.ts';
import { KeptViews, viewsIdentity, viewsService } from './view-stores/kept.ts';
import { ensurePrivateDirectory } from './view-stores/private-directory.ts';

/** How many calls are remembered, so that they are not executed again. */
const rememberedCalls = 262_144;

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
  /** Paces what is answered without `dispatch`. */
  readonly turns: Turns;
  readonly codec: Codec = new Codec();
  readonly #settings: JoinSettings;
  readonly #store: ViewStore;
  readonly #agreement: Agreement;
  readonly #ownership: Ownership;
  readonly #services: Services;
  readonly #serve: Serve;
  readonly #mesh: Mesh;
  readonly #membership: Membership;
  readonly #electors: Electors;
  readonly #lease: Lease;
  readonly #suspicion: Suspicion;
  readonly #replication: Replication;
  readonly #gate: Gate;
  readonly #backups: Backups;
  readonly #moves: Moves;
  readonly #inflow: Inflow;
  readonly #calls: CallLog;
  readonly #acceptors: Acceptors;
  readonly #events: Events;
  /** What waits for the lease of an earlier owner to run out. */
  readonly #fences = new Set<Timer>();
  /** Whom this node is asking for a later view. */
  readonly #learning = new Set<string>();
  /** Who needs this process alive: calls, promises that were given out, and the user, if so asked. */
  #retained = 0;
  #listener: Listener | undefined;
  /** Where others dial this node. */
  #address = '';
  #birth: string | undefined;
  #closing: Promise<LeaveReport> | undefined;
  /** No new calls are accepted. */
  #leaving = false;
  #closed = false;
  /** Why this node has ended, if nobody here asked it to. */
  #reason: RouterError | undefined;

  /** Use {@link join}. */
  constructor(settings: JoinSettings) {
    const { id, cluster, clock, router, transport, limits, failureAfter, logger, strict, timeout } = settings;
    this.id = id;
    this.cluster = cluster;
    this.strict = strict;
    this.#settings = settings;
    this.#ownership = new Ownership(id);
    this.#services = new Services(clock);
    this.#events = new Events(logger);
    const self: Identity = { id, incarnation: settings.incarnation };
    const log = (message: string): void => logger.info(`[${cluster}/${id}] ${message}`);
    const { safeguards } = settings;
    this.#electors = new Electors(settings.incarnation);
    this.#lease = new Lease({
      self: settings.incarnation,
      clock,
      duration: failureAfter / 2,
      safeguards,
      ask: () => {
        this.#mesh.ask();
        if (this.#lease.low) void agreement.refresh();
      },
    });
    const peer: Omit<PeerOptions, 'to' | 'birth' | 'died' | 'lasting'> = {
      self,
      cluster,
      transport,
      secret: settings.secret,
      clock,
      codec: this.codec,
      limits,
      failureAfter,
      lacks: (member, service) => agreement.joined && lacks(agreement.view, member, service),
      epoch: () => this.#epoch(),
      heardEpoch: (from, epoch) => this.#heard(from, epoch),
      granted: ({ incarnation }, ...grant) => this.#granted(incarnation, ...grant),
      noticed: ({ id: from }, service, hashes) => this.#services.get(service)?.noticed?.(from, hashes),
      parted: ({ id: from }) => {
        for (const service of this.#services.all()) service.parted?.(from);
      },
      log,
    };
    this.#store = this.#openStore(self, peer);
    const store = this.#store;
    const agreement = new Agreement({
      store,
      clock,
      changed: (view, previous) => this.#follow(view, previous),
      published: (view) => this.#tell(view),
      confirmed: (askedAt) => this.#lease.confirmed(askedAt),
      diverged: (reason) =>
        this.#stop(new RouterError('CLOSED', `this node contradicts its cluster: ${reason}`)),
      log,
    });
    this.#agreement = agreement;
    this.#mesh = new Mesh(id, peer, (member) => this.#report(this.#membership.bury(member)));
    this.#membership = new Membership({
      ...settings,
      store,
      self,
      entering: () => ({
        ...self,
        address: this.#address,
        weight: settings.weight,
        opened: [],
        ...(settings.build === undefined ? {} : { build: settings.build }),
      }),
      agreement,
      electors: this.#electors,
      peer,
      approach: (birth) => {
        this.#birth = birth;
      },
      reaches: (other) => other === id || this.#mesh.get(other)?.heardWithin(failureAfter / 2) === true,
      log,
    });
    const tell = (to: string, handler: string, args: readonly unknown[]): Promise<unknown> =>
      this.dispatch.callNode(to, {
        service: clusterService,
        handler,
        args,
        timeout: failureAfter,
        repeatable: true,
      });
    this.#suspicion = new Suspicion({
      self,
      clock,
      agreement,
      electors: this.#electors,
      lease: this.#lease,
      mesh: this.#mesh,
      router,
      safeguards,
      failureAfter,
      cutOff: () => transport.cutOff?.() === true,
      ask: (to, what, ...args) => tell(to, what, args),
      log,
    });
    const throttle = new Throttle(clock, settings.moves.bytesPerSecond);
    this.#replication = new Replication({
      self: id,
      incarnation: settings.incarnation,
      services: this.#services,
      clock,
      throttle,
      spare: spare(settings.limits),
      patience: failureAfter,
      safeguards,
      view: () => agreement.view,
      pages: (to) => (this.#mesh.get(to)?.protocol ?? protocols.oldest) >= pagingProtocol,
      counted: (to, partition) => this.#gate.counts(to, partition),
      // As a list: it holds values that are encoded already, which cannot be fields of an object.
      send: (to, { stream, sequence, epoch, units }) =>
        tell(to, 'replicate', [stream, sequence, epoch, units]) as Promise<StreamAnswer>,
      progress: (to, broken) => {
        this.#gate.review(to);
        if (broken && !this.#closed) this.#backups.follow();
      },
      log,
    });
    this.#gate = new Gate({ self: id, clock, replication: this.#replication, view: () => agreement.view });
    this.#backups = new Backups({
      self: id,
      router,
      agreement,
      replication: this.#replication,
      gate: this.#gate,
      clock,
      prevails: (since) => this.#lease.prevails(since),
      ask: () => this.#mesh.ask(),
      moving: (partition) => this.#moves.moving(partition),
      log,
    });
    this.#calls = new CallLog({
      clock,
      limit: rememberedCalls,
      slack: failureAfter,
      streaming: (partition) => this.#replication.streaming(partition),
      changed: (partition, record) => this.#replication.changed(callLogService, partition, record),
    });
    this.#serve = new Serve({
      self: id,
      clock,
      codec: this.codec,
      ownership: this.#ownership,
      lease: this.#lease,
      gate: this.#gate,
      replication: this.#replication,
      calls: this.#calls,
      services: this.#services,
      safeguards,
      view: () => (agreement.joined ? agreement.view : undefined),
    });
    this.turns = new Turns(clock);
    this.dispatch = new Dispatch({
      turns: this.turns,
      self,
      clock,
      codec: this.codec,
      agreement,
      serve: this.#serve,
      timeout,
      mostWaiting: limits.inFlight,
      strict,
      peer: (other) => this.#mesh.get(other),
      changing: (service, ...call) => this.#services.get(service)?.changing?.(...call),
      ended: () => (this.#closed ? this.#end() : undefined),
      refusing: () => (this.#leaving || this.#closed ? this.#end() : undefined),
      busy: (active) => this.#retain(active ? 1 : -1),
    });
    this.#inflow = new Inflow(id, this.#services);
    this.#moves = new Moves({
      self: id,
      router,
      agreement,
      ownership: this.#ownership,
      services: this.#services,
      replication: this.#replication,
      clock,
      throttle,
      concurrency: settings.moves.concurrency,
      safeguards,
      settle: settings.settle,
      moved: (event) => this.#events.emit('moved', event),
      ended: () => this.#backups.follow(),
      log,
    });
    this.#services.add(clusterService, {
      handlers: {
        ...this.#membership.handlers,
        ...this.#suspicion.handlers,
        replicate: ({ caller }, stream: string, sequence: number, epoch: number, units: readonly Unit[]) =>
          this.#take(caller, { stream, sequence, epoch, units }),
      },
    });
    this.#services.add(callLogService, this.#calls.service);
    this.#acceptors = new Acceptors({
      clock,
      codec: this.codec,
      limits,
      failureAfter,
      self: (to) =>
        settings.list !== undefined && to?.id === viewsService
          ? { ...viewsIdentity, cluster }
          : { id, incarnation: settings.incarnation, cluster, birth: this.#birth },
      secret: settings.secret,
      epoch: () => this.#epoch(),
      heardEpoch: (from, epoch) => this.#heard(from, epoch),
      grants: ({ incarnation }, epoch) => this.#lease.grants(incarnation, epoch),
      hears: (caller) => this.#suspicion.hears(caller),
      serve: (request, caller, now, link) => this.#serve.answer(request, caller, now, link),
      confirm: () => this.#serve.confirm(),
      withdrawn: (request, reply) => this.#serve.withdrawn(request, reply),
      log: (message) => logger.warn(`[${cluster}/${id}] ${message}`),
    });
  }

  /** Where views are agreed: what the user has chosen, or what the first node of a fixed list keeps. */
  #openStore(self: Identity, peer: Omit<PeerOptions, 'to' | 'birth' | 'died' | 'lasting'>): ViewStore {
    const { list, store: place } = this.#settings;
    if (list === undefined) return place!;
    const epoch = (): number => this.#epoch();
    const kept = new KeptViews({ list, self, place, peer, epoch });
    this.#services.add(viewsService, { handlers: kept.handlers, idle: () => kept.idle() });
    return kept;
  }

  /** Called once by {@link join}. */
  async enter(): Promise<void> {
    const { transport, listen, advertise, secret, sockets, keepAlive } = this.#settings;
    try {
      // The directory must be there, and be ours, before a socket is put into it.
      if (sockets !== undefined) await ensurePrivateDirectory(sockets);
      const accept = (connection: Connection): void => this.#acceptors.accept(connection);
      const guarded = secret !== undefined;
      this.#listener = await transport.listen(listen, accept, { guarded, advertise });
      this.#address = advertise ?? this.#listener.address;
      if (keepAlive) this.#retain(1);
      await this.awaited(this.#membership.enter());
      this.#suspicion.start();
    } catch (error) {
      await this.#shutDown(this.#listener === undefined || (await this.#retracted()));
      throw error;
    }
    if (sockets !== undefined) {
      const used = this.view.members.map(({ address }) => address);
      this.#report(sweepSockets(sockets, new Set(used), this.#settings.clock));
    }
  }

  /** Whether it is certain that this node is not in the view. */
  async #retracted(): Promise<boolean> {
    try {
      await this.#membership.retract();
      return true;
    } catch {
      return false;
    }
  }

  /** The view in force at this node. */
  get view(): View {
    return this.#agreement.view;
  }

  /** Whether this node is alone, owns everything, and may skip routing and encoding. */
  get solo(): boolean {
    // Sealed, when it is on its way out: somebody may be founding the cluster anew already.
    const alone = this.#ownership.everything && this.#lease.unconditional;
    return alone && !this.strict && !this.#closed && this.view.members.length === 1;
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

  /**
   * Calls the owner of a key, wherever it moves, until the deadline. Rejects with what the handler throws, or with
   * `INVALID_KEY`, `NOT_SERIALIZABLE`, `TOO_LARGE`, `UNKNOWN_HANDLER`, `TIMEOUT`, `NODE_DOWN`, `OVERLOADED`,
   * `UNKNOWN_OUTCOME`, `FENCED` or `CLOSED`.
   */
  async call(key: Key, call: Call): Promise<unknown> {
    const problem = keyProblem(key);
    if (problem !== undefined) throw new RouterError('INVALID_KEY', `${problem} is not a key`);
    return this.dispatch.call(hashKey(key), call);
  }

  /** Whether this node may answer for the key of that hash now. */
  owns(hash: number): boolean {
    const standing = this.#ownership.standing(partitionOf(hash, this.view.owners.length));
    return standing === 'owned' && this.#lease.valid;
  }

  /**
   * Whether this node was in touch with its cluster a moment before `now`, within the time of a lease: then others have not
   * gone on without it.
   */
  inTouch(now: number): boolean {
    return !this.#closed && this.#lease.validAt(now);
  }

  /**
   * Whether this node has an in-sync copy of what another node owns under that hash. What it holds may be older than what
   * the owner has answered, by as long as a lease lasts and messages take.
   */
  copies(hash: number): boolean {
    if (this.#closed || !this.#lease.valid) return false;
    return this.#inflow.holds(this.view, partitionOf(hash, this.view.owners.length));
  }

  /** The largest encoded value that can be sent, in bytes. */
  get largestValue(): number {
    return largestValue(this.#settings.limits);
  }

  /** What may travel beside such a value, in bytes. */
  get spare(): number {
    return spare(this.#settings.limits);
  }

  /** How long a call may take that says nothing else, in ms. */
  get timeout(): number {
    return this.#settings.timeout;
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
    if (this.#closed) throw this.#end();
    const { router } = this.#settings;
    const options = { self: this.id, router, agreement: this.#agreement, services: this.#services };
    return this.awaited(openService(options, name, service, settings));
  }

  /**
   * Answers calls that are made to this node by its id. Unlike what is opened, it is no matter of the cluster: each node has
   * its own, and the view does not tell.
   */
  offer(name: string, handlers: Readonly<Record<string, Handler>>): void {
    this.#services.add(name, { handlers });
  }

  /** Resolves once this node holds the share of the partitions that its weight asks for. */
  ready(): Promise<void> {
    return this.awaited(this.#untilReady());
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
    if (this.#closed) throw this.#end();
  }

  /** What this node knows of its cluster and of itself. */
  status(): NodeStatus {
    const planned = planMoves(this.view, this.#settings.router);
    const kept = (id: string, partition: number): boolean =>
      this.view.owners[partition] !== this.id || this.#replication.reaches(id, partition);
    const links = (id: string): Peer | undefined => this.#mesh.get(id);
    return statusOf(this.id, this.cluster, this.view, planned, this.#moves.status(), links, kept);
  }

  on<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  off<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  /** Tells the listeners of an event of something that this node itself does not know, for who is built on it. */
  announce<E extends keyof NodeEvents>(event: E, ...args: NodeEvents[E]): void {
    queueMicrotask(() => this.#events.emit(event, ...args));
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
      return done ? undefined : this.#electors.seated(view, reweigh(view, this.id, weight, router));
    });
    await this.awaited(published);
  }

  /** Somebody awaits this, so the process does not end by itself before it. */
  async awaited<T>(work: Promise<T>): Promise<T> {
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
   * its socket file was deleted. Copies of what it owned take over; what has none begins again, empty. Only an operator can
   * know that it is gone: one that is still running stops when it learns of this. Resolves when it is published; a member that can be reached is
   * refused with `INVALID_OPTION`.
   */
  async forget(id: string): Promise<void> {
    await this.awaited(this.#membership.forget(id));
  }

  /** Whether this process can stop now and nothing is lost with it: it owns no partition, and is no backup of one. */
  safeToStop(): boolean {
    if (this.#closed) return true;
    return this.#ownership.owned().length === 0 && !this.view.backups.some((ids) => ids.includes(this.id));
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
    this.#closing ??= this.awaited(this.#leave(within));
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
    this.#replication.changed(service, partition, record);
  }

  /** For services: whether changes to a partition are wanted now. */
  streaming(partition: number): boolean {
    return this.#replication.streaming(partition);
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
        electors: this.#electors,
        lease: this.#lease,
        moves: this.#moves,
        services: this.#services,
        dispatch: this.dispatch,
        acceptors: this.#acceptors,
        timeout,
        grace: failureAfter,
        settled: (ms) => this.#gate.settled(ms),
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
    this.#suspicion.stop();
    this.#backups.stop();
    this.#gate.close();
    this.#replication.stop();
    this.#lease.close();
    this.#calls.close();
    this.#inflow.close();
    for (const timer of this.#fences) timer.cancel();
    this.#agreement.close();
    this.#mesh.close();
    this.#acceptors.close();
    await (parted ? this.#listener?.close() : this.#listener?.abandon());
    await this.#store.close();
  }

  /** Ends without leaving: the cluster has already gone on without this node. */
  #stop(reason: RouterError): void {
    if (this.#closing !== undefined) return;
    this.#reason = reason;
    const lost = this.#ownership.owned().length;
    this.#closing = this.#shutDown(true).then(() => ({ moved: 0, lost }));
    this.#fail(reason);
  }

  /** What calls get when this node has ended. */
  #end(): RouterError {
    const { code, message } = this.#reason ?? new RouterError('CLOSED', `node '${this.id}' is closed`);
    return new RouterError(code, message, { cause: this.#reason });
  }

  #follow(view: View, previous: View | undefined): void {
    const before = this.#ownership.owned();
    this.#ownership.view = view;
    this.#electors.follow(view);
    this.#lease.follow(view);
    if (memberOf(view, this.id)?.incarnation !== this.#settings.incarnation) {
      this.#services.wake();
      // Copies were promoted as they were: what they had not acknowledged may or may not be there.
      this.#gate.close();
      // While leaving, the view without this node is its own; its last calls may go to members that come after.
      if (this.#closing !== undefined) this.#mesh.follow(view);
      else this.#stop(new RouterError('FENCED', removed(this.id)));
      return;
    }
    // One that went and has come back, in views that this node has missed, is another ownership.
    const same = (partition: number): boolean =>
      previous?.owners[partition] === this.id && previous.terms[partition] === view.terms[partition];
    const gained = this.#ownership.owned().filter((partition) => !same(partition));
    for (const partition of before) {
      if (view.owners[partition] !== this.id || !same(partition)) this.#part(view, previous!, partition);
    }
    const lost = gained.filter(
      (partition) =>
        view.origins[partition]! < view.terms[partition]! && !this.#inflow.ready(view, partition),
    );
    if (lost.length > 0) this.#fail(new RouterError('PROTOCOL', `partitions without their data: ${lost}`));
    this.#inflow.follow(view);
    this.#fence(view, gained);
    this.#mesh.follow(view);
    this.#replication.follow(view);
    for (const partition of gained) this.#backups.attach(view, partition);
    this.#gate.review();
    this.#moves.follow(view);
    this.#backups.follow();
    this.#mourn(view, previous);
    this.#services.wake();
    if (view.electorate.epoch !== previous?.electorate.epoch) this.#mesh.ask();
    this.#events.emit('view', view);
  }

  /** A partition is another node's now; its new owner may count on what was here as a copy. */
  #part(view: View, previous: View, partition: number): void {
    const same = view.origins[partition] === previous.origins[partition];
    const copy = view.owners[partition] === this.id || view.backups[partition]!.includes(this.id);
    if (same && copy) this.#inflow.demote(view, partition);
    else for (const service of this.#services.all()) service.replica?.drop(partition);
  }

  /** What was taken over without proof is answered for once the earlier owner cannot do so any more. */
  #fence(view: View, gained: readonly number[]): void {
    if (view.fenced.length === 0 || !this.#settings.safeguards.fencing) return;
    const fenced = gained.filter((partition) => view.fenced.includes(view.terms[partition]!));
    if (fenced.length === 0) return;
    this.#ownership.fence(fenced);
    const timer = this.#settings.clock.after(this.#lease.fence, () => {
      this.#fences.delete(timer);
      this.#ownership.lift(fenced);
      this.#moves.follow(this.view);
    });
    this.#fences.add(timer);
  }

  /** What the owner of partitions says of this node's copies. */
  #take(owner: string, message: StreamMessage): StreamAnswer {
    const answer = this.#inflow.take(this.view, owner, message);
    if (answer === 'behind') void this.#learn(owner, message.epoch);
    return answer;
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

  #heard(from: Identity, epoch: number): void {
    this.#electors.heard(from.incarnation, epoch);
    if (this.#agreement.joined && epoch > this.view.epoch) void this.#learn(from.id, epoch);
  }

  /** Learns of a later view from the store, or if that cannot be had, from the node that knows it. */
  async #learn(from: string, epoch: number): Promise<void> {
    await this.#agreement.refresh();
    if (this.#closed || epoch <= this.view.epoch || this.#learning.has(from)) return;
    this.#learning.add(from);
    try {
      const call = { service: clusterService, handler: 'current', args: [], repeatable: true };
      this.#agreement.hear(decodeView(await this.dispatch.callNode(from, call)));
    } catch {
      // The next sign of life tells of it again.
    } finally {
      this.#learning.delete(from);
    }
  }

  /** A grant counts for the electorate that this node and the voter both had in mind. */
  #granted(voter: string, askedAt: number, asked: number, epoch: number, hears: boolean): void {
    if (!this.#agreement.joined) return;
    const { electorate } = this.view;
    if (asked < electorate.epoch || epoch < electorate.epoch) return;
    this.#lease.granted(voter, askedAt, electorate.epoch, hears);
    this.#backups.heard();
  }

  #report(work: Promise<unknown>): void {
    work.catch((error: Error) => this.#fail(error));
  }

  #fail(error: Error): void {
    this.#settings.logger.error(`[${this.cluster}/${this.id}] ${error.message}`);
    this.#events.emit('error', error);
  }
}

function removed(id: string): string {
  return `node '${id}' could not be heard, and its cluster has removed it: join again; what it owned is with others`;
}
