import { Batch } from './batch.ts';
import type { Clock, Timer } from './clock.ts';
import type { Codec } from './codec.ts';
import { Encoded } from './encoded.ts';
import {
  type Frame,
  FrameReader,
  FrameType,
  type Reply,
  type Request,
  readReplies,
  writeRequest,
} from './frame.ts';
import { Greeting } from './greeting.ts';
import { hintingProtocol, type Identity, type Refusal, type RefusalCode } from './handshake.ts';
import { Heartbeat, pingFrame, readPong } from './heartbeat.ts';
import { InFlight, LinkError, type Waiting } from './in-flight.ts';
import { handshakeFrameLimit, handshakeTimeout, type LinkLimits } from './limits.ts';
import { readNotices } from './notices.ts';
import type { Secret } from './secret.ts';
import { ConnectError, type Connection, type Transport } from './transport.ts';

export interface PeerOptions {
  readonly self: Identity;
  readonly to: Identity & { readonly address: string };
  readonly cluster: string;
  readonly birth: string;
  /** Whether this is the one way from this node to the other, or only serves to ask it something. */
  readonly lasting: boolean;
  readonly transport: Transport;
  /** What both nodes must prove to know. */
  readonly secret?: Secret | undefined;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly limits: LinkLimits;
  /** A link that was silent for this long, in ms, is closed. */
  readonly failureAfter: number;
  /** Whether a member has yet to open a service that others have opened: its calls wait there. */
  lacks(member: string, service: string): boolean;
  /** The epoch in force here, to tell the peer. */
  epoch(): number;
  /** The peer has told which view is in force there. */
  heardEpoch(from: Identity, epoch: number): void;
  /**
   * The peer was asked at `askedAt` for a lease, with the view of `asked` in force here, and has granted it; `hears`: it
   * hears this node over its own link, too.
   */
  granted(from: Identity, askedAt: number, asked: number, epoch: number, hears: boolean): void;
  /** Something of a service changes at the peer under these hashes, of which it had promised word. */
  noticed(from: Identity, service: string, hashes: readonly number[]): void;
  /** The link stood and has ended: what the peer had promised to tell will not come. */
  parted(from: Identity): void;
  /** It is proved that the peer's process is gone. */
  died(): void;
  log(message: string): void;
}

/** How many questions may wait for their answers. */
const mostAsked = 64;
/** With so few calls under way none waits for others to leave with. */
const fewCalls = 2;
const firstRetry = 20;
const lastRetry = 1_000;

/**
 * The way from this node to one other: dials, shakes hands, batches requests, matches replies, watches deadlines and
 * liveness, and dials again until it is closed. Requests go only this way; the other node has a peer of its own.
 */
export class Peer {
  readonly id: string;
  readonly #options: PeerOptions;
  readonly #inFlight: InFlight;
  #connection: Connection | undefined;
  readonly #dialling = new AbortController();
  /** The handshake, while it lasts. */
  #greeting: Greeting | undefined;
  #protocol: number | undefined;
  /** Present once the handshake is done. */
  #batch: Batch | undefined;
  #closed = false;
  #retired = false;
  #retry: Timer | undefined;
  #retryAfter = firstRetry;
  #handshake: Timer | undefined;
  #heartbeat: Heartbeat | undefined;
  #upSince = 0;
  #heardAt: number;
  #cameAt = Number.NEGATIVE_INFINITY;
  /** The questions that wait for their answers over this connection, which come in order. */
  #asked: { readonly at: number; readonly epoch: number }[] = [];

  constructor(options: PeerOptions) {
    this.#options = options;
    this.id = options.to.id;
    this.#heardAt = options.clock.now();
    this.#inFlight = new InFlight(
      options.clock,
      ({ sent, request }) => new LinkError('timeout', sent, sent ? this.#lateness(request) : this.#late),
      () => {
        this.#connection?.keepAlive(false);
        if (this.#retired) this.close();
      },
    );
    this.#dial();
  }

  /** Whether the handshake is done and the link stands. */
  get up(): boolean {
    return this.#batch !== undefined;
  }

  /** The version that is spoken over the link, while it stands. */
  get protocol(): number | undefined {
    return this.up ? this.#protocol : undefined;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  get incarnation(): string {
    return this.#options.to.incarnation;
  }

  /** For how long nothing has been heard of the other node, over this link and those before it, in ms. */
  get silence(): number {
    return this.#options.clock.now() - this.#heardAt;
  }

  /** Whether the link stands and something has come over it within so many ms, however busy this process was. */
  heardWithin(ms: number): boolean {
    return this.up && this.#options.clock.now() - this.#cameAt <= ms;
  }

  /** This process was stopped or busy: that nothing was heard meanwhile is no sign of anything. */
  excuse(): void {
    this.#heardAt = this.#options.clock.now();
  }

  /** Asks for a sign of life, and for a lease; the answer comes as soon as it can. */
  ask(): void {
    const { clock, epoch } = this.#options;
    if (this.#batch === undefined || this.#asked.length >= mostAsked) return;
    const now = epoch();
    this.#asked.push({ at: clock.now(), epoch: now });
    this.#connection?.send(pingFrame(now));
  }

  /** Sends a request and answers with its reply, or rejects with a {@link LinkError}; `opens` is as in {@link Waiting}. */
  call(request: Request, opens = false): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const deadline = this.#options.clock.now() + request.budget;
      this.send({ request, deadline, opens, sent: false, packed: undefined, resolve, reject });
    });
  }

  /** Sends a call, and settles it. While dialling, calls wait. */
  send(call: Waiting): void {
    const { limits, codec } = this.#options;
    // Reading an object may run code of the user, which may make calls of its own: so before anything is decided.
    if (this.#batch === undefined || call.request.args.some(mayRunCode)) {
      try {
        call.packed = codec.encodeList(call.request.args);
      } catch (error) {
        call.reject(error);
        return;
      }
    }
    if (this.#closed) {
      call.reject(new LinkError('down', false, `the link to ${this.id} is closed`));
      return;
    }
    const queued = this.#inFlight.unsentBytes + (this.#connection?.pending ?? 0);
    if (this.#inFlight.size >= limits.inFlight || queued > limits.queued) {
      const message = `${this.#inFlight.size} calls to ${this.id} are in flight: slow down or raise the limits`;
      call.reject(new LinkError('overloaded', false, message));
      return;
    }
    this.#inFlight.add(call);
    if (this.#inFlight.size === 1) this.#connection?.keepAlive(true);
    if (this.#batch !== undefined) this.#write(call, this.#batch, call.request.budget);
  }

  /** Forgets a call whose caller has gone; its reply, if it comes, is dropped. */
  forget(id: number): void {
    this.#inFlight.take(id);
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
    this.#dialling.abort();
    this.#inFlight.close();
    this.#drop('this node has closed the link');
  }

  get #late(): string {
    return `${this.id} did not answer in time`;
  }

  #lateness({ service }: Request): string {
    if (!this.#options.lacks(this.id, service)) return this.#late;
    return `${this.#late}: it has yet to open '${service}'; open what is shared as soon as a node has joined`;
  }

  #dial(): void {
    const { transport, to } = this.#options;
    const { signal } = this.#dialling;
    const connect = async (): Promise<Connection> => transport.connect(to.address, { signal });
    // The callbacks below are given this attempt's connection: a late one of an earlier attempt changes nothing.
    connect().then(
      (connection) => this.#greet(connection),
      (error: unknown) => {
        if (this.#closed) return;
        const untrusted = error instanceof ConnectError && error.untrusted;
        const message = `cannot reach ${this.id}: ${(error as Error).message}`;
        if (untrusted) this.#options.log(message);
        this.#inFlight.fail(message, untrusted ? 'NOT_TRUSTED' : undefined);
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
    const { clock, limits } = this.#options;
    this.#connection = connection;
    if (this.#inFlight.size > 0) connection.keepAlive(true);
    this.#greeting = new Greeting({ ...this.#options, binding: connection.binding });
    connection.send(this.#greeting.hello);
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
    this.#heartbeat?.heard();
    this.#cameAt = this.#options.clock.now();
    if (this.up) this.#heardAt = this.#cameAt;
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
      this.#shake(connection, frame);
    } else if (frame.type === FrameType.replies) {
      readReplies(frame.body, this.#options.codec, this.#opens, this.#settle);
    } else if (frame.type === FrameType.pong) {
      this.#answer(frame);
    } else if (frame.type === FrameType.notices) {
      const { service, hashes } = readNotices(frame.body);
      this.#options.noticed(this.#options.to, service, hashes);
    } else {
      throw new RangeError(`a frame of type ${frame.type} has no place here`);
    }
  }

  readonly #opens = (id: number): boolean => this.#inFlight.get(id)?.opens === true;

  readonly #settle = (id: number, reply: Reply): void => this.#inFlight.take(id)?.resolve(reply);

  #answer(frame: Frame): void {
    const { to, heardEpoch, granted } = this.#options;
    const { epoch, grants, hears } = readPong(frame.body);
    const asked = this.#asked.shift();
    if (asked === undefined) throw new RangeError('an answer to nothing');
    heardEpoch(to, epoch);
    if (grants) granted(to, asked.at, asked.epoch, epoch, hears);
  }

  #shake(connection: Connection, frame: Frame): void {
    const step = this.#greeting!.take(frame);
    if (step.kind === 'say') connection.send(step.frame);
    else if (step.kind === 'refusal') this.#refused(connection, step.refusal);
    else if (step.kind === 'welcome') this.#welcome(connection, step.epoch, step.protocol);
  }

  #refused(connection: Connection, { reason, code, ended }: Refusal): void {
    const message = `${this.id} refuses this node: ${reason}`;
    this.#options.log(message);
    if (ended === true) this.#options.died();
    // Nodes of version 3 give no code.
    const kind = code ?? (/^protocol \S+ is spoken there/.test(reason) ? 'PROTOCOL' : undefined);
    this.#lost(connection, message, kind);
  }

  #welcome(connection: Connection, epoch: number, protocol: number): void {
    const { to, clock, limits, failureAfter, heardEpoch } = this.#options;
    this.#protocol = protocol;
    this.#greeting = undefined;
    this.#handshake?.cancel();
    const batch = new Batch(connection, FrameType.calls, clock, limits.frame);
    this.#batch = batch;
    this.#upSince = clock.now();
    this.#heartbeat = new Heartbeat({
      clock,
      failureAfter,
      beat: () => this.ask(),
      silent: () => this.#lost(connection, `${this.id} has been silent for ${failureAfter} ms`),
    });
    this.#heardAt = clock.now();
    heardEpoch(to, epoch);
    this.ask();
    for (const call of this.#inFlight.all()) this.#write(call, batch, call.deadline - clock.now());
  }

  #write(call: Waiting, batch: Batch, budget: number): void {
    const { request, packed } = call;
    const hinting = request.hint === undefined || this.#protocol! >= hintingProtocol;
    try {
      const spoken = hinting ? request : { ...request, hint: undefined };
      writeRequest(batch.begin(), spoken, budget, this.#options.codec, packed);
      batch.end(this.#inFlight.size <= fewCalls);
      this.#inFlight.sent(call);
    } catch (error) {
      batch.cancel();
      const reason = error instanceof RangeError ? new LinkError('tooLarge', false, error.message) : error;
      this.#inFlight.take(request.id)?.reject(reason);
    }
  }

  #lost(connection: Connection, message: string, code?: RefusalCode): void {
    if (connection !== this.#connection) return;
    const stood = this.up && this.#options.clock.now() - this.#upSince >= lastRetry;
    this.#drop(message, code);
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

  #drop(message: string, code?: RefusalCode): void {
    this.#handshake?.cancel();
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    const connection = this.#connection;
    const stood = this.up;
    this.#connection = undefined;
    this.#batch = undefined;
    this.#asked = [];
    connection?.close();
    if (stood) this.#options.parted(this.#options.to);
    this.#inFlight.fail(message, code);
  }
}

/** Whether encoding an argument may run somebody's getters. */
function mayRunCode(argument: unknown): boolean {
  return typeof argument === 'object' && argument !== null && !(argument instanceof Encoded);
}
