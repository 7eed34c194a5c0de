import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { Clock, Timer } from '../clock.ts';
import type { Connection } from '../transport.ts';
import { NatsLink } from './nats-link.ts';
import { headerLength, MessageType, messageVersion, readMessage, writeMessage } from './nats-message.ts';

export interface NatsWireOptions {
  readonly connection: NatsConnection;
  /** A subject of its own: links are answered at subjects below it. */
  readonly inbox: string;
  readonly clock: Clock;
  /** How long the other end of a new link may take to answer, in ms. */
  readonly timeout: number;
  /** Whether one more of the links keeps the process alive, or one less. */
  keepAlive(active: boolean): void;
  /** There is one more link, or one less. */
  counted(by: 1 | -1): void;
}

/** A link, and who is at its other end. */
interface Ends {
  readonly id: string;
  readonly link: NatsLink;
  /** The subject of the other end; that of its listener until it has answered. */
  remote: string;
  /** Who waits for that answer. */
  dialler: { accepted(): void; refused(reason: string): void } | undefined;
}

/** Bytes that a message carries at most: a large piece would keep the heartbeats of other links waiting. */
const largestPiece = 64 * 1024;

/** How often links that are silent are probed, in ms. */
const beat = 5_000;

/** What a server answers for a subject at which nobody listens. */
const nobody = 503;

/** The links over one connection to NATS; with that they end. */
export class NatsWire {
  readonly connection: NatsConnection;
  readonly #options: NatsWireOptions;
  readonly #links = new Map<string, Ends>();
  #made = 0;
  #beat: Timer | undefined;

  constructor(options: NatsWireOptions) {
    this.connection = options.connection;
    this.#options = options;
    this.connection.subscribe(`${options.inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
      },
    });
  }

  /** Makes a link with whoever listens at `subject`. */
  dial(subject: string, signal: AbortSignal | undefined): Promise<Connection> {
    const { clock, timeout } = this.#options;
    return new Promise((resolve, reject) => {
      const ends = this.#add(subject);
      const settle = (): void => {
        ends.dialler = undefined;
        timer.cancel();
        signal?.removeEventListener('abort', stop);
      };
      const refused = (reason: string): void => {
        settle();
        ends.link.break();
        reject(new Error(reason));
      };
      const stop = (): void => refused('it was told to stop');
      const timer = clock.after(timeout, () => refused(`nobody answered within ${timeout} ms`));
      signal?.addEventListener('abort', stop);
      ends.dialler = {
        accepted: () => {
          settle();
          resolve(ends.link);
        },
        refused,
      };
      this.#send(ends, MessageType.dial, messageVersion);
    });
  }

  /** Answers what came to a listener. */
  answer(message: Msg, accept: (connection: Connection) => void): void {
    const { reply } = message;
    const said = readMessage(message.data);
    if (reply === undefined || reply === '' || said === undefined) return;
    if (said.type !== MessageType.dial || said.number !== messageVersion) {
      this.#reset(reply);
      return;
    }
    const ends = this.#add(reply);
    this.#send(ends, MessageType.accept, messageVersion);
    accept(ends.link);
  }

  /** Nothing can be sent to `subject`. */
  refuse(subject: string, reason: string): void {
    for (const ends of [...this.#links.values()]) if (ends.remote === subject) this.#drop(ends, reason);
  }

  /** The connection is no more. */
  end(reason: string): void {
    for (const ends of [...this.#links.values()]) this.#drop(ends, reason);
  }

  #add(remote: string): Ends {
    const { clock, keepAlive, counted } = this.#options;
    this.#made += 1;
    const id = this.#made.toString(36);
    const limit = this.connection.info?.max_payload ?? largestPiece;
    const ends: Ends = {
      id,
      remote,
      dialler: undefined,
      link: new NatsLink({
        clock,
        piece: Math.min(largestPiece, limit - headerLength),
        send: (...message) => this.#send(ends, ...message),
        keepAlive,
        over: () => {
          this.#links.delete(id);
          if (this.#links.size === 0) this.#beat?.cancel();
          counted(-1);
        },
      }),
    };
    counted(1);
    this.#links.set(id, ends);
    if (this.#links.size === 1) this.#probeLater();
    return ends;
  }

  #receive(message: Msg): void {
    const { data, reply, subject } = message;
    const ends = this.#links.get(subject.slice(this.#options.inbox.length + 1));
    if (message.headers?.code === nobody && data.length === 0) {
      // At once after a process has ended: every message asks for an answer.
      if (ends !== undefined) this.#drop(ends, 'nobody is there');
      return;
    }
    const said = readMessage(data);
    if (said === undefined) return;
    if (said.type === MessageType.reset) {
      if (ends !== undefined) this.#drop(ends, 'it is refused');
    } else if (ends?.dialler !== undefined && said.type === MessageType.accept && reply !== undefined) {
      ends.remote = reply;
      ends.dialler.accepted();
    } else if (ends !== undefined && ends.remote === reply) {
      ends.link.receive(said);
    } else if (reply !== undefined && reply !== '') {
      // Of a link that has ended here, or from somebody who has no part in it.
      this.#reset(reply);
    }
  }

  #drop({ dialler, link }: Ends, reason: string): void {
    if (dialler !== undefined) dialler.refused(reason);
    else link.break();
  }

  #send({ id, remote }: Ends, type: MessageType, number: number, bytes?: Uint8Array): void {
    this.#publish(remote, writeMessage(type, number, bytes), { reply: `${this.#options.inbox}.${id}` });
  }

  #reset(subject: string): void {
    this.#publish(subject, writeMessage(MessageType.reset, 0));
  }

  #publish(subject: string, message: Uint8Array, options?: { reply: string }): void {
    // Who uses a link learns soon enough that the connection is gone.
    if (this.connection.isClosed() || this.connection.isDraining()) return;
    this.connection.publish(subject, message, options);
  }

  #probeLater(): void {
    this.#beat?.cancel();
    this.#beat = this.#options.clock.after(beat, () => {
      for (const { link } of [...this.#links.values()]) link.beat();
      if (this.#links.size > 0) this.#probeLater();
    });
  }
}
