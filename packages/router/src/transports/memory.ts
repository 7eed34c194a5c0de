import type { Clock } from '../clock.ts';
import {
  ConnectError,
  type Connection,
  type ConnectionHandlers,
  type Listener,
  type Transport,
} from '../transport.ts';

export interface MemoryNetworkOptions {
  /** Delivers everything; with a manual clock nothing arrives until time is stepped. */
  readonly clock: Clock;
  /** How long bytes take from one host to another, in ms; asked for each piece. Default: 0. Order is kept within a connection. */
  readonly delay?: (from: string, to: string) => number;
}

/**
 * A network inside one process: hosts with addresses of any form, connections that carry bytes in order, and hosts that
 * crash. For clusters in one process and for tests.
 */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #delay: (from: string, to: string) => number;
  readonly #listeners = new Map<string, { host: string; accept: (connection: Connection) => void }>();
  readonly #dead = new Set<string>();
  readonly #links = new Map<string, Set<Link>>();

  constructor(options: MemoryNetworkOptions) {
    this.#clock = options.clock;
    this.#delay = options.delay ?? (() => 0);
  }

  /** The network as `host` uses it. */
  transport(host: string): Transport {
    return {
      name: 'memory',
      listen: async (address, accept) => this.#listen(host, address, accept),
      connect: (address) => this.#connect(host, address),
    };
  }

  /** Ends everything of `host` at once, as `kill -9` would: its connections break and its addresses refuse for good. */
  crash(host: string): void {
    for (const [address, listener] of this.#listeners) {
      if (listener.host !== host) continue;
      this.#listeners.delete(address);
      this.#dead.add(address);
    }
    for (const link of [...(this.#links.get(host) ?? [])]) link.crash(host);
  }

  #listen(host: string, address: string, accept: (connection: Connection) => void): Listener {
    if (this.#listeners.has(address)) throw new Error(`${address} is already taken`);
    this.#listeners.set(address, { host, accept });
    return {
      address,
      keepAlive: () => {},
      close: async () => {
        this.#listeners.delete(address);
      },
    };
  }

  #connect(host: string, address: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      this.#clock.after(this.#delay(host, address), () => {
        const listener = this.#listeners.get(address);
        if (listener === undefined) {
          const dead = this.#dead.has(address);
          reject(new ConnectError(`nobody listens at ${address}`, { dead }));
          return;
        }
        const link = new Link(this.#clock, this.#delay, host, listener.host, (ended) => this.#forget(ended));
        for (const end of [host, listener.host]) {
          const links = this.#links.get(end) ?? new Set();
          this.#links.set(end, links.add(link));
        }
        listener.accept(link.accepted);
        resolve(link.dialled);
      });
    });
  }

  #forget(link: Link): void {
    this.#links.get(link.dialled.host)?.delete(link);
    this.#links.get(link.accepted.host)?.delete(link);
  }
}

/** Two ends, each sending to the other. */
class Link {
  readonly dialled: End;
  readonly accepted: End;

  constructor(
    clock: Clock,
    delay: (from: string, to: string) => number,
    dialler: string,
    acceptor: string,
    ended: (link: Link) => void,
  ) {
    const over = (): void => ended(this);
    this.dialled = new End(clock, () => delay(dialler, acceptor), dialler, over);
    this.accepted = new End(clock, () => delay(acceptor, dialler), acceptor, over);
    this.dialled.other = this.accepted;
    this.accepted.other = this.dialled;
  }

  /** The crashed side hears nothing any more; the other learns of it. */
  crash(host: string): void {
    const [gone, left] =
      this.dialled.host === host ? [this.dialled, this.accepted] : [this.accepted, this.dialled];
    gone.silence();
    left.endLater();
  }
}

class End implements Connection {
  readonly host: string;
  other: End | undefined;
  pending = 0;
  readonly #clock: Clock;
  readonly #delay: () => number;
  readonly #over: () => void;
  #handlers: ConnectionHandlers | undefined;
  #early: Uint8Array[] = [];
  #closed = false;
  #silent = false;
  /** When the last piece arrives at the other end; a later piece never arrives before it. */
  #busyUntil = 0;

  constructor(clock: Clock, delay: () => number, host: string, over: () => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.host = host;
    this.#over = over;
  }

  handle(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    for (const chunk of this.#early) handlers.data(chunk);
    this.#early = [];
  }

  keepAlive(): void {}

  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.pending += bytes.length;
    this.#later(() => {
      this.pending -= bytes.length;
      this.other?.receive(bytes);
    });
  }

  close(): void {
    this.#end();
    this.#later(() => this.other?.endLater());
  }

  receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    if (this.#handlers === undefined) this.#early.push(chunk);
    else this.#handlers.data(chunk);
  }

  /** Ends after what is on its way to this end has arrived. */
  endLater(): void {
    this.#clock.after(0, () => this.#end());
  }

  silence(): void {
    this.#silent = true;
    this.#closed = true;
  }

  #later(task: () => void): void {
    const now = this.#clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, now + this.#delay());
    this.#clock.after(this.#busyUntil - now, task);
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#over();
    if (!this.#silent) this.#clock.defer(() => this.#handlers?.close());
  }
}
