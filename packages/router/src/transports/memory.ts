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
  /** How often each host has crashed: what an earlier life began comes to nothing. */
  readonly #lives = new Map<string, number>();
  readonly #links = new Map<string, Set<Link>>();
  readonly #paused = new Map<string, (() => void)[]>();
  /** Pairs of hosts that cannot reach each other. */
  readonly #cut = new Set<string>();

  constructor(options: MemoryNetworkOptions) {
    this.#clock = options.clock;
    this.#delay = options.delay ?? (() => 0);
  }

  /** The network as `host` uses it. */
  transport(host: string): Transport {
    const life = this.#life(host);
    const alive = (): boolean => this.#life(host) === life;
    return {
      name: 'memory',
      listen: async (address, accept) => this.#listen(host, address, accept),
      connect: (address) => this.#connect(host, address, alive),
    };
  }

  /** Ends everything of `host` at once, as `kill -9` would: its connections break and its addresses refuse for good. */
  crash(host: string): void {
    this.#lives.set(host, this.#life(host) + 1);
    for (const [address, listener] of this.#listeners) {
      if (listener.host !== host) continue;
      this.#listeners.delete(address);
      this.#dead.add(address);
    }
    for (const link of [...(this.#links.get(host) ?? [])]) link.crash(host);
  }

  /** Breaks every connection between two hosts, with all that is on its way, and lets no new one be made. */
  cut(one: string, other: string): void {
    this.#cut.add(pair(one, other));
    for (const link of [...(this.#links.get(one) ?? [])]) if (link.joins(one, other)) link.cut();
  }

  /** Lets two hosts reach each other again. */
  heal(one: string, other: string): void {
    this.#cut.delete(pair(one, other));
  }

  /** From now on nothing reaches `host`, as if its process were stopped; its connections stand. */
  pause(host: string): void {
    if (!this.#paused.has(host)) this.#paused.set(host, []);
  }

  /** What was held back reaches `host` now, in order. */
  resume(host: string): void {
    const held = this.#paused.get(host) ?? [];
    this.#paused.delete(host);
    for (const deliver of held) deliver();
  }

  #deliver(host: string, task: () => void): void {
    const held = this.#paused.get(host);
    if (held === undefined) task();
    else held.push(task);
  }

  #life(host: string): number {
    return this.#lives.get(host) ?? 0;
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
      abandon: async () => {
        this.#listeners.delete(address);
        this.#dead.add(address);
      },
    };
  }

  #connect(host: string, address: string, alive: () => boolean): Promise<Connection> {
    return new Promise((resolve, reject) => {
      this.#clock.after(this.#delay(host, address), () => {
        if (!alive()) return;
        const listener = this.#listeners.get(address);
        if (listener !== undefined && this.#cut.has(pair(host, listener.host))) {
          reject(new ConnectError(`${address} cannot be reached`, { dead: false }));
          return;
        }
        if (listener === undefined) {
          const dead = this.#dead.has(address);
          reject(new ConnectError(`nobody listens at ${address}`, { dead }));
          return;
        }
        const link = new Link({
          clock: this.#clock,
          delay: this.#delay,
          deliver: (to, task) => this.#deliver(to, task),
          dialler: host,
          acceptor: listener.host,
          ended: (over) => this.#forget(over),
        });
        for (const end of [host, listener.host]) {
          const links = this.#links.get(end) ?? new Set();
          this.#links.set(end, links.add(link));
        }
        this.#deliver(listener.host, () => listener.accept(link.accepted));
        this.#deliver(host, () => resolve(link.dialled));
      });
    });
  }

  #forget(link: Link): void {
    this.#links.get(link.dialled.host)?.delete(link);
    this.#links.get(link.accepted.host)?.delete(link);
  }
}

function pair(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

interface LinkOptions {
  readonly clock: Clock;
  delay(from: string, to: string): number;
  /** Lets something happen at a host, now or when the host goes on. */
  deliver(host: string, task: () => void): void;
  readonly dialler: string;
  readonly acceptor: string;
  ended(link: Link): void;
}

/** Two ends, each sending to the other. */
class Link {
  readonly dialled: End;
  readonly accepted: End;

  constructor(options: LinkOptions) {
    const { dialler, acceptor, ended } = options;
    let ends = 2;
    const over = (): void => {
      ends -= 1;
      if (ends === 0) ended(this);
    };
    this.dialled = new End(options, dialler, acceptor, over);
    this.accepted = new End(options, acceptor, dialler, over);
    this.dialled.other = this.accepted;
    this.accepted.other = this.dialled;
  }

  joins(one: string, other: string): boolean {
    return pair(this.dialled.host, this.accepted.host) === pair(one, other);
  }

  /** Nothing that is on its way arrives; both sides learn of the end. */
  cut(): void {
    this.dialled.cut();
    this.accepted.cut();
  }

  /** The crashed side hears nothing any more; the other learns of it after what had been sent. */
  crash(host: string): void {
    (this.dialled.host === host ? this.dialled : this.accepted).crash();
  }
}

class End implements Connection {
  readonly host: string;
  other: End | undefined;
  pending = 0;
  readonly #options: LinkOptions;
  readonly #peer: string;
  readonly #over: () => void;
  /** What is on its way; the timers may fire out of order, what they deliver must not. */
  readonly #onItsWay: (() => void)[] = [];
  #handlers: ConnectionHandlers | undefined;
  #early: Uint8Array[] = [];
  #closed = false;
  #crashed = false;
  /** What is on its way from here does not arrive. */
  #lost = false;
  /** When the last piece arrives at the other end; a later piece never arrives before it. */
  #busyUntil = 0;

  constructor(options: LinkOptions, host: string, peer: string, over: () => void) {
    this.#options = options;
    this.host = host;
    this.#peer = peer;
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
    if (this.#closed) return;
    this.#end();
    this.#later(() => this.other?.end());
  }

  /** Ends, and what was sent from here and has not arrived is lost. */
  cut(): void {
    this.#lost = true;
    this.end();
  }

  /** Ends without a word to its own side; the other side hears of it. */
  crash(): void {
    this.#crashed = true;
    if (this.#closed) return;
    this.#closed = true;
    this.#over();
    this.#later(() => this.other?.end());
  }

  receive(chunk: Uint8Array): void {
    this.#options.deliver(this.host, () => {
      if (this.#closed) return;
      if (this.#handlers === undefined) this.#early.push(chunk);
      else this.#handlers.data(chunk);
    });
  }

  end(): void {
    this.#options.deliver(this.host, () => this.#end());
  }

  #later(task: () => void): void {
    const { clock, delay } = this.#options;
    const now = clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, now + delay(this.host, this.#peer));
    this.#onItsWay.push(task);
    clock.after(this.#busyUntil - now, () => {
      const arrive = this.#onItsWay.shift()!;
      if (!this.#lost) arrive();
    });
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#over();
    this.#options.clock.defer(() => {
      if (!this.#crashed) this.#handlers?.close();
    });
  }
}
