import { Batch } from './batch.ts';
import { ByteReader, type ByteWriter } from './bytes.ts';
import type { Clock, Timer } from './clock.ts';
import {
  type Frame,
  FrameReader,
  FrameType,
  finishFrame,
  jsonFrame,
  type Reply,
  type Request,
  readReplies,
  startFrame,
  writeRequest,
} from './frame.ts';
import {
  type Hello,
  type Identity,
  parseHandshake,
  protocolVersion,
  type Refusal,
  type Welcome,
} from './handshake.ts';
import { handshakeFrameLimit, handshakeTimeout, type LinkLimits } from './limits.ts';
import { ConnectError, type Connection, type Transport } from './transport.ts';

/** A call got no reply from its peer. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly reason: 'down' | 'timeout' | 'overloaded' | 'tooLarge';
  /** Whether the request may have left this node: if not, it was certainly not executed. */
  readonly sent: boolean;

  constructor(reason: LinkError['reason'], sent: boolean, message: string) {
    super(message);
    this.reason = reason;
    this.sent = sent;
  }
}

export interface PeerOptions {
  readonly self: Identity;
  readonly to: Identity & { readonly address: string };
  readonly cluster: string;
  readonly birth: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: LinkLimits;
  /** A link that was silent for this long, in ms, is closed. */
  readonly failureAfter: number;
  /** The epoch in force here, to tell the peer. */
  epoch(): number;
  /** The peer knows of a later view. */
  heardEpoch(epoch: number): void;
  /** It is proved that the peer's process is gone. */
  died(): void;
  log(message: string): void;
}

interface InFlight {
  readonly request: Request;
  readonly deadline: number;
  sent: boolean;
  resolve(reply: Reply): void;
  reject(error: LinkError): void;
}

const firstRetry = 20;
const lastRetry = 1_000;

/**
 * The way from this node to one other: dials, shakes hands, batches requests, matches replies, watches deadlines and
 * liveness, and dials again until it is closed. Requests go only this way; the other node has a peer of its own.
 */
export class Peer {
  readonly id: string;
  readonly #options: PeerOptions;
  readonly #inFlight = new Map<number, InFlight>();
  #connection: Connection | undefined;
  /** Present once the handshake is done. */
  #batch: Batch | undefined;
  #closed = false;
  #retired = false;
  #retry: Timer | undefined;
  #retryAfter = firstRetry;
  #handshake: Timer | undefined;
  #heartbeat: Timer | undefined;
  #deadline: { at: number; timer: Timer } | undefined;
  #lastHeard = 0;
  #lastBeat = 0;
  #upSince = 0;
  /** Bytes of the calls that wait for the link to come up. */
  #unsent = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.id = options.to.id;
    this.#dial();
  }

  /** Whether the handshake is done and the link stands. */
  get up(): boolean {
    return this.#batch !== undefined;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Sends a request and answers with its reply, or rejects with a {@link LinkError}. While dialling, requests wait. */
  call(request: Request): Promise<Reply> {
    const { limits, clock } = this.#options;
    if (this.#closed) return Promise.reject(new LinkError('down', false, `the link to ${this.id} is closed`));
    const queued = this.#unsent + (this.#connection?.pending ?? 0);
    if (this.#inFlight.size >= limits.inFlight || queued > limits.queued) {
      const message = `${this.#inFlight.size} calls to ${this.id} are in flight: slow down or raise the limits`;
      return Promise.reject(new LinkError('overloaded', false, message));
    }
    if (request.args.length > limits.frame - 1024) {
      const message = `a call of ${request.args.length} bytes exceeds the limit of ${limits.frame} bytes a frame`;
      return Promise.reject(new LinkError('tooLarge', false, message));
    }
    return new Promise((resolve, reject) => {
      const entry: InFlight = {
        request,
        deadline: clock.now() + request.budget,
        sent: false,
        resolve,
        reject,
      };
      this.#inFlight.set(request.id, entry);
      this.#watch(entry.deadline);
      this.#unsent += request.args.length;
      if (this.#batch !== undefined) this.#send(entry, this.#batch);
      else if (this.#inFlight.size === 1) this.#connection?.keepAlive(true);
    });
  }

  /** Forgets a call whose caller has gone; its reply, if it comes, is dropped. */
  forget(id: number): void {
    this.#settle(id);
  }

  /** The other node has left: nothing new is sent, and the link ends when the last answer is here, or when it breaks. */
  retire(): void {
    this.#retired = true;
    if (this.#inFlight.size === 0 || !this.up) this.close();
  }

  /** Ends the present connection: what came over it cannot be understood. */
  distrust(reason: string): void {
    if (this.#connection === undefined) return;
    this.#options.log(`closing the link to ${this.id}: ${reason}`);
    this.#lost(this.#connection, `${this.id} sent what the protocol does not allow`);
  }

  /** Ends the link for good; calls in flight are rejected. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retry?.cancel();
    this.#deadline?.timer.cancel();
    this.#drop('this node has closed the link');
  }

  #dial(): void {
    const { transport, to } = this.#options;
    const connect = async (): Promise<Connection> => transport.connect(to.address);
    // The callbacks below are given this attempt's connection: a late one of an earlier attempt changes nothing.
    connect().then(
      (connection) => this.#greet(connection),
      (error: unknown) => {
        if (this.#closed) return;
        this.#failWaiting(`cannot reach ${this.id}: ${(error as Error).message}`);
        if (error instanceof ConnectError && error.dead) this.#options.died();
        this.#dialLater();
      },
    );
  }

  #dialLater(): void {
    if (this.#closed) return;
    this.#retry = this.#options.clock.after(this.#retryAfter, () => this.#dial());
    this.#retryAfter = Math.min(this.#retryAfter * 2, lastRetry);
  }

  #greet(connection: Connection): void {
    if (this.#closed) {
      connection.close();
      return;
    }
    const { self, to, cluster, birth, clock, limits } = this.#options;
    this.#connection = connection;
    if (this.#inFlight.size > 0) connection.keepAlive(true);
    const hello: Hello = {
      protocol: protocolVersion,
      cluster,
      birth,
      ...self,
      to: { id: to.id, incarnation: to.incarnation },
    };
    connection.send(jsonFrame(FrameType.hello, hello));
    this.#handshake = clock.after(handshakeTimeout, () =>
      this.#lost(connection, `${this.id} did not answer the handshake`),
    );
    const reader = new FrameReader(() => (this.up ? limits.frame : handshakeFrameLimit));
    connection.handle({
      data: (chunk) => this.#receive(connection, reader, chunk),
      close: () => this.#lost(connection, `the link to ${this.id} broke`),
    });
  }

  #receive(connection: Connection, reader: FrameReader, chunk: Uint8Array): void {
    if (connection !== this.#connection) return;
    this.#lastHeard = this.#options.clock.now();
    try {
      for (const frame of reader.push(chunk)) {
        this.#take(connection, frame);
        if (connection !== this.#connection) return;
      }
    } catch (error) {
      this.#options.log(`closing the link to ${this.id}: ${(error as Error).message}`);
      this.#lost(connection, `${this.id} sent what the protocol does not allow`);
    }
  }

  #take(connection: Connection, frame: Frame): void {
    if (this.#batch === undefined) {
      this.#welcome(connection, frame);
    } else if (frame.type === FrameType.replies) {
      for (const { id, reply } of readReplies(frame.body)) this.#settle(id)?.resolve(reply);
    } else if (frame.type === FrameType.pong) {
      this.#options.heardEpoch(new ByteReader(frame.body).u48());
    } else {
      throw new RangeError(`a frame of type ${frame.type} has no place here`);
    }
  }

  #welcome(connection: Connection, frame: Frame): void {
    const { to, clock, limits, log } = this.#options;
    if (frame.type === FrameType.refused) {
      const { reason } = parseHandshake<Refusal>(frame.body, ['reason']);
      log(`${this.id} refuses this node: ${reason}`);
      this.#lost(connection, `${this.id} refuses this node: ${reason}`);
      return;
    }
    if (frame.type !== FrameType.welcome)
      throw new RangeError(`a frame of type ${frame.type} instead of a welcome`);
    const welcome = parseHandshake<Welcome>(frame.body, ['id', 'incarnation']);
    if (!Number.isSafeInteger(welcome.epoch)) throw new RangeError('a welcome without an epoch');
    if (welcome.id !== to.id || welcome.incarnation !== to.incarnation)
      throw new RangeError('another node answers');
    this.#handshake?.cancel();
    const batch = new Batch(connection, FrameType.calls, clock, limits.frame);
    this.#batch = batch;
    this.#upSince = clock.now();
    this.#lastBeat = this.#upSince;
    this.#beatLater(connection);
    this.#options.heardEpoch(welcome.epoch);
    for (const entry of [...this.#inFlight.values()]) this.#send(entry, batch);
  }

  #send(entry: InFlight, batch: Batch): void {
    const budget = entry.deadline - this.#options.clock.now();
    if (this.#inFlight.size === 1) this.#connection?.keepAlive(true);
    try {
      batch.add((writer) => writeRequest(writer, { ...entry.request, budget }));
      entry.sent = true;
      this.#unsent -= entry.request.args.length;
    } catch (error) {
      this.#settle(entry.request.id)?.reject(new LinkError('tooLarge', false, (error as Error).message));
    }
  }

  #lost(connection: Connection, message: string): void {
    if (connection !== this.#connection) return;
    const stood = this.up && this.#options.clock.now() - this.#upSince >= lastRetry;
    this.#drop(message);
    if (this.#retired) this.close();
    if (this.#closed) return;
    // A link that stood is dialled again at once: a killed process refuses, which proves its death within milliseconds.
    // One that breaks as soon as it is up is not worth a try at every turn.
    if (stood) {
      this.#retryAfter = firstRetry;
      this.#dial();
    } else {
      this.#dialLater();
    }
  }

  #drop(message: string): void {
    this.#handshake?.cancel();
    this.#heartbeat?.cancel();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#batch = undefined;
    connection?.close();
    this.#failWaiting(message);
  }

  #failWaiting(message: string): void {
    for (const entry of [...this.#inFlight.values()]) {
      this.#settle(entry.request.id)?.reject(new LinkError('down', entry.sent, message));
    }
  }

  #settle(id: number): InFlight | undefined {
    const entry = this.#inFlight.get(id);
    if (entry === undefined) return undefined;
    this.#inFlight.delete(id);
    if (!entry.sent) this.#unsent -= entry.request.args.length;
    if (this.#inFlight.size === 0) {
      this.#connection?.keepAlive(false);
      if (this.#retired) this.close();
    }
    return entry;
  }

  /** One timer for the earliest deadline instead of one a call: a timer costs more than a whole call. */
  #watch(deadline: number): void {
    if (this.#deadline !== undefined && this.#deadline.at <= deadline) return;
    this.#deadline?.timer.cancel();
    const { clock } = this.#options;
    const timer = clock.after(Math.max(0, deadline - clock.now()), () => {
      this.#deadline = undefined;
      this.#expire();
    });
    this.#deadline = { at: deadline, timer };
  }

  #expire(): void {
    const now = this.#options.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#inFlight.values()]) {
      if (entry.deadline > now) {
        next = Math.min(next, entry.deadline);
      } else {
        const message = `${this.id} did not answer in time`;
        this.#settle(entry.request.id)?.reject(new LinkError('timeout', entry.sent, message));
      }
    }
    if (next !== Number.POSITIVE_INFINITY) this.#watch(next);
  }

  #beatLater(connection: Connection): void {
    const { clock, failureAfter } = this.#options;
    this.#heartbeat = clock.after(failureAfter / 3, () => this.#beat(connection));
  }

  #beat(connection: Connection): void {
    if (connection !== this.#connection) return;
    const { clock, failureAfter, epoch } = this.#options;
    const now = clock.now();
    // A beat that comes late shows that this process was stopped or busy: blame nobody else for the silence.
    if (now - this.#lastBeat > (failureAfter * 2) / 3) this.#lastHeard = now;
    this.#lastBeat = now;
    if (now - this.#lastHeard > failureAfter) {
      this.#lost(connection, `${this.id} has been silent for ${failureAfter} ms`);
      return;
    }
    connection.send(epochFrame(FrameType.ping, epoch()));
    this.#beatLater(connection);
  }
}

/** A heartbeat; it tells the epoch in force at its sender. */
export function epochFrame(type: FrameType, epoch: number): Buffer {
  const writer: ByteWriter = startFrame(type, 16);
  writer.u48(epoch);
  return finishFrame(writer);
}
