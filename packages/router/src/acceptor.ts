import { Batch, mostRecords, TooLarge } from './batch.ts';
import type { Clock, Timer } from './clock.ts';
import type { Codec } from './codec.ts';
import {
  type Frame,
  FrameReader,
  FrameType,
  type Reply,
  type Request,
  readRequests,
  writeReply,
} from './frame.ts';
import type { Identity } from './handshake.ts';
import { Heartbeat, pongFrame, readPing } from './heartbeat.ts';
import { handshakeFrameLimit, handshakeTimeout, type LinkLimits } from './limits.ts';
import { type Link, Notices } from './notices.ts';
import { type Caller, Reception, type ReceptionOptions } from './reception.ts';
import type { Secret } from './secret.ts';
import type { Connection } from './transport.ts';

export interface AcceptorOptions {
  readonly clock: Clock;
  readonly codec: Codec;
  readonly limits: LinkLimits;
  readonly self: ReceptionOptions['self'];
  /** What callers must prove to know. */
  readonly secret?: Secret | undefined;
  epoch(): number;
  /** The caller has told which view is in force there. */
  heardEpoch(from: Identity, epoch: number): void;
  /** Whether a lease is granted to a caller at which the view of `epoch` is in force. */
  grants(caller: Identity, epoch: number): boolean;
  /** Whether a caller can be heard over this node's own link to it, too. */
  hears(caller: Identity): boolean;
  /** A link that was silent for this long, in ms, is closed. */
  readonly failureAfter: number;
  /**
   * Answers one request of `caller`, at once where it can: that answer may go out only if {@link confirm} says so after it.
   * `now` is about the time, `link` what it came over, if that lasts. Never throws, never rejects.
   */
  serve(request: Request, caller: Identity, now: number, link: Link | undefined): Reply | Promise<Reply>;
  /** Whether what was answered at once may be told, by the clock. */
  confirm(): boolean;
  /** What is told in place of such an answer if not. */
  withdrawn(request: Request, reply: Reply): Reply;
  log(message: string): void;
}

/** Who keeps an acceptor. */
export interface AcceptorObserver {
  /** It is known who calls. */
  greeted(acceptor: Acceptor): void;
  ended(acceptor: Acceptor): void;
}

/** A frame whose calls may wait: their arguments lie in it, and so it is held until the last of them has ended. */
interface HeldFrame {
  readonly bytes: number;
  waiting: number;
}

/** The other end of a peer: answers what one connection asks, until it ends or breaks the protocol. */
export class Acceptor {
  readonly #connection: Connection;
  readonly #options: AcceptorOptions;
  readonly #observer: AcceptorObserver;
  readonly #replies: Batch;
  readonly #notices: Notices;
  readonly #handshake: Timer;
  /** The handshake, while it lasts. */
  #reception: Reception | undefined;
  #caller: Identity | undefined;
  #lasting = false;
  #heartbeat: Heartbeat | undefined;
  #waiting = 0;
  /** Of the frames of those that wait. */
  #waitingBytes = 0;
  #closed = false;

  constructor(connection: Connection, options: AcceptorOptions, observer: AcceptorObserver) {
    const { clock, limits } = options;
    this.#connection = connection;
    this.#options = options;
    this.#observer = observer;
    this.#replies = new Batch(connection, FrameType.replies, clock, limits.frame);
    const { self, epoch, secret } = options;
    this.#reception = new Reception({ self, epoch, secret, binding: connection.binding });
    this.#notices = new Notices(connection, clock, () => this.#refuseUnread());
    this.#handshake = clock.after(handshakeTimeout, () => this.close());
    const reader = new FrameReader(() => (this.#caller === undefined ? handshakeFrameLimit : limits.frame));
    connection.handle({
      data: (chunk) => this.#receive(reader, chunk),
      close: () => {
        this.close();
        observer.ended(this);
      },
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#notices.close();
    this.#handshake.cancel();
    this.#heartbeat?.stop();
    this.#connection.close();
  }

  /** Whether this is the caller's one way to this node. */
  get lasting(): boolean {
    return this.#lasting;
  }

  /** Who calls over this link, once that is known. */
  get caller(): Identity | undefined {
    return this.#caller;
  }

  #receive(reader: FrameReader, chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#heartbeat?.heard();
    try {
      for (const frame of reader.push(chunk)) {
        this.#take(frame);
        this.#refuseUnread();
        if (this.#closed) return;
      }
    } catch (error) {
      this.#giveUp((error as Error).message);
    }
  }

  /** Refusals, pongs and notices take room as well: who never reads them is not worth more of it. */
  #refuseUnread(): void {
    const { pending } = this.#connection;
    if (!this.#closed && pending > 2 * this.#options.limits.queued)
      this.#giveUp(`${pending} bytes of answers wait unread`);
  }

  #giveUp(reason: string): void {
    this.#options.log(`closing the link from ${this.#caller?.id ?? 'a stranger'}: ${reason}`);
    this.close();
  }

  #take(frame: Frame): void {
    if (this.#caller === undefined) {
      this.#greet(frame);
    } else if (frame.type === FrameType.calls) {
      const held: HeldFrame = { bytes: frame.body.length, waiting: 0 };
      this.#answerAll(readRequests(frame.body, this.#options.codec), this.#caller, held);
    } else if (frame.type === FrameType.ping) {
      const { heardEpoch, epoch, grants, hears } = this.#options;
      const caller = this.#caller;
      const asked = readPing(frame.body);
      heardEpoch(caller, asked);
      const pong = { epoch: epoch(), grants: grants(caller, asked), hears: hears(caller) };
      this.#connection.send(pongFrame(pong));
    } else {
      throw new RangeError(`a frame of type ${frame.type} has no place here`);
    }
  }

  #greet(frame: Frame): void {
    const { frames, caller, refusal } = this.#reception!.take(frame);
    if (caller !== undefined) this.#welcome(caller);
    for (const each of frames) this.#connection.send(each);
    if (refusal === undefined) return;
    if (refusal.code !== undefined) this.#options.log(`a link is refused: ${refusal.reason}`);
    this.close();
  }

  #welcome({ identity, lasting }: Caller): void {
    this.#handshake.cancel();
    this.#reception = undefined;
    this.#caller = identity;
    this.#lasting = lasting;
    const { clock, failureAfter } = this.#options;
    // What was sent over a link that its caller has given up long ago must not be executed any more.
    this.#heartbeat = new Heartbeat({
      clock,
      failureAfter,
      beat: () => {},
      silent: () => {
        this.close();
        this.#observer.ended(this);
      },
    });
    this.#observer.greeted(this);
  }

  /** Requests that can be answered at once share one frame of replies. */
  #answerAll(requests: readonly Request[], caller: Identity, held: HeldFrame): void {
    for (let at = 0; at < requests.length; at += mostRecords) {
      this.#answerSome(requests.slice(at, at + mostRecords), caller, held);
    }
  }

  #answerSome(requests: readonly Request[], caller: Identity, held: HeldFrame): void {
    // What these answers could have observed is known to the caller before them.
    this.#notices.flush();
    const now = this.#options.clock.now();
    const replies = requests.map((request) => {
      const reply = this.#admit(request, caller, now);
      if (reply instanceof Promise) this.#answerLater(request.id, reply, held);
      return reply;
    });
    const confirmed = this.#options.confirm();
    this.#replies.cork();
    for (let n = 0; n < requests.length; n += 1) {
      const request = requests[n]!;
      const reply = replies[n]!;
      if (!(reply instanceof Promise))
        this.#answer(request.id, confirmed ? reply : this.#options.withdrawn(request, reply));
    }
    this.#replies.uncork();
    this.#notices.flush();
  }

  #admit(request: Request, caller: Identity, now: number): Reply | Promise<Reply> {
    const { limits, serve } = this.#options;
    const bytes = this.#waitingBytes + this.#connection.pending;
    if (this.#waiting >= limits.inFlight || bytes > limits.queued) {
      const message = `${this.#waiting} calls and ${bytes} bytes wait here already`;
      return { kind: 'refused', code: 'OVERLOADED', message };
    }
    return serve(request, caller, now, this.#lasting ? this.#notices : undefined);
  }

  #answerLater(id: number, reply: Promise<Reply>, held: HeldFrame): void {
    this.#waiting += 1;
    if (held.waiting === 0) this.#waitingBytes += held.bytes;
    held.waiting += 1;
    void reply.then((settled) => {
      this.#waiting -= 1;
      held.waiting -= 1;
      if (held.waiting === 0) this.#waitingBytes -= held.bytes;
      this.#notices.flush();
      this.#answer(id, settled);
    });
  }

  #answer(id: number, reply: Reply): void {
    if (!this.#closed) this.#write(id, reply);
  }

  /** An answer that cannot be encoded is thrown at the caller instead, and one that is too large is refused. */
  #write(id: number, reply: Reply): void {
    const replies = this.#replies;
    try {
      writeReply(replies.begin(), id, reply, this.#options.codec);
      replies.end(this.#waiting === 0);
    } catch (error) {
      replies.cancel();
      if (error instanceof TooLarge) {
        const message = `the answer cannot be sent: ${error.message}`;
        this.#write(id, { kind: 'refused', code: 'TOO_LARGE', message });
      } else {
        this.#write(id, { kind: 'thrown', error });
      }
    }
  }
}
