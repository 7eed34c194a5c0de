import type { Clock } from '../clock.ts';
import type { Connection, ConnectionHandlers } from '../transport.ts';
import { type Message, MessageType } from './nats-message.ts';

export interface NatsLinkOptions {
  readonly clock: Clock;
  /** How many bytes a message may carry. */
  readonly piece: number;
  /** Sends a message to the other end. */
  send(type: MessageType, number: number, bytes?: Uint8Array): void;
  keepAlive(active: boolean): void;
  /** It needs nothing any more. Called once. */
  over(): void;
}

/**
 * How many bytes may be on their way that the other end has not taken yet. What is on its way waits in the memory of this
 * process, of the servers, and of the other process, and neither of them bounds it: servers break the connection of whoever
 * lets too much wait.
 */
export const window: number = 256 * 1024;

/** How many probes in a row may go without an answer. */
const mostMissed = 3;

/**
 * One end of a stream over messages that may be lost. They are counted: a gap is the end of the stream. What keeps the order
 * is NATS; a link lives on one connection to it and dies with that.
 */
export class NatsLink implements Connection {
  readonly #options: NatsLinkOptions;
  readonly #early: Uint8Array[] = [];
  readonly #queue: Uint8Array[] = [];
  #handlers: ConnectionHandlers | undefined;
  /** Bytes in the queue. */
  #pending = 0;
  /** Messages, and bytes of them, that were sent. */
  #messages = 0;
  #sent = 0;
  /** Bytes that the other end has taken. */
  #credited = 0;
  #expected = 0;
  #taken = 0;
  /** How much the other end knows to be taken. */
  #told = 0;
  #heard = true;
  #missed = 0;
  #keptAlive = false;
  /** This end is closed, or has been told of the end: its user neither sends nor hears anything. */
  #closed = false;
  #over = false;

  constructor(options: NatsLinkOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#pending;
  }

  handle(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    while (this.#early.length > 0) handlers.data(this.#early.shift()!);
    if (this.#closed) this.#tell();
  }

  keepAlive(active: boolean): void {
    if (this.#keptAlive === active || (active && this.#over)) return;
    this.#keptAlive = active;
    this.#options.keepAlive(active);
  }

  send(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    const { piece } = this.#options;
    for (let at = 0; at < bytes.length; at += piece) this.#queue.push(bytes.subarray(at, at + piece));
    this.#pending += bytes.length;
    this.#flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#early.length = 0;
    this.#end();
    this.#flush();
  }

  /** What the other end has said. */
  receive({ type, number, bytes }: Message): void {
    if (this.#over) return;
    this.#heard = true;
    if (type === MessageType.data && number === this.#expected) this.#take(bytes);
    else if (type === MessageType.end && number === this.#expected) this.break();
    else if (type === MessageType.taken) {
      // Not so of what is no number.
      if (number > this.#credited) this.#credited = Math.min(number, this.#sent);
      this.#flush();
    } else if (type === MessageType.probe) this.#answer();
    // A gap: something was lost. Or nonsense, or the other end knows nothing of this link.
    else this.#abort(type);
  }

  /** It has ended, and nothing more can be sent. */
  break(): void {
    this.#queue.length = 0;
    this.#pending = 0;
    this.#end();
    this.#finish();
  }

  /** Some time has passed: makes sure that the other end is there. */
  beat(): void {
    this.#missed = this.#heard ? 0 : this.#missed + 1;
    if (this.#missed > mostMissed) {
      this.break();
      return;
    }
    if (!this.#heard) this.#options.send(MessageType.probe, 0);
    this.#heard = false;
  }

  #take(bytes: Uint8Array): void {
    this.#expected += 1;
    this.#taken += bytes.length;
    if (!this.#closed) {
      if (this.#handlers === undefined) this.#early.push(bytes);
      else this.#handlers.data(bytes);
    }
    if (this.#taken - this.#told >= window / 2 && !this.#over) this.#answer();
  }

  #answer(): void {
    this.#told = this.#taken;
    this.#options.send(MessageType.taken, this.#taken);
  }

  #abort(type: number): void {
    if (type !== MessageType.reset) this.#options.send(MessageType.reset, 0);
    this.break();
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#sent - this.#credited < window) {
      const bytes = this.#queue.shift()!;
      this.#pending -= bytes.length;
      this.#sent += bytes.length;
      this.#options.send(MessageType.data, this.#messages, bytes);
      this.#messages += 1;
    }
    if (!this.#closed || this.#queue.length > 0 || this.#over) return;
    this.#options.send(MessageType.end, this.#messages);
    this.#finish();
  }

  /** Its user hears no more of it, but that it has ended. */
  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#handlers !== undefined) this.#tell();
  }

  #tell(): void {
    this.#options.clock.defer(() => this.#handlers?.close());
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.keepAlive(false);
    this.#options.over();
  }
}
