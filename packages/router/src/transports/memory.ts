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

/** A place where somebody listens, or has listened. */
interface Place {
  readonly host: string;
  /** Missing once nobody listens there any more. */
  accept: ((connection: Connection) => void) | undefined;
  /** Whether whoever listened there has ended without closing. */
  dead: boolean;
}

/** Something that a blocked way holds back. */
interface Held {
  /** The connection that it belongs to, unless that is still being made. */
  readonly link?: Link;
  /** Sets out again. */
  go(): void;
}

/**
 * A network inside one process: hosts with addresses of any form, and connections that carry bytes in order. Hosts can
 * crash and stop; two hosts can be cut off from each other so that both learn of it, or the way from one to another
 * blocked without a word. For clusters in one process and for tests.
 */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #delay: (from: string, to: string) => number;
  readonly #places = new Map<string, Place>();
  /** How often each host has crashed: what an earlier life began comes to nothing. */
  readonly #lives = new Map<string, number>();
  readonly #links = new Map<string, Set<Link>>();
  readonly #paused = new Map<string, (() => void)[]>();
  /** Pairs of hosts that cannot reach each other. */
  readonly #cut = new Set<string>();
  /** The ways, from one host to another, that are blocked, and what each holds back. */
  readonly #blocked = new Map<string, Held[]>();

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
      listen: async (address, accept) =>
        alive() ? this.#listen(host, address, accept) : new Promise<never>(() => {}),
      connect: (address, { signal } = {}) => this.#connect(host, address, alive, signal),
    };
  }

  /** Ends everything of `host` at once, as `kill -9` would: its connections break and its addresses refuse for good. */
  crash(host: string): void {
    this.#lives.set(host, this.#life(host) + 1);
    this.#paused.delete(host);
    for (const place of this.#places.values()) {
      if (place.host !== host || place.accept === undefined) continue;
      place.accept = undefined;
      place.dead = true;
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

  /**
   * From now on nothing that `from` sends reaches `to`, not even an end, and nobody is told: connections stand, and new
   * ones between the two are not made, whoever dials, since that takes both ways. Blocked the other way round as well,
   * the two are cut off from each other in silence.
   */
  block(from: string, to: string): void {
    if (!this.#blocked.has(way(from, to))) this.#blocked.set(way(from, to), []);
  }

  /**
   * What was held back sets out again, in order, as TCP sends again what nobody has acknowledged. With `reset` it is lost
   * for good: connections that had something held back break instead, on both sides. Dialling goes on in either case.
   */
  unblock(from: string, to: string, { reset = false }: { reset?: boolean } = {}): void {
    const held = this.#blocked.get(way(from, to)) ?? [];
    this.#blocked.delete(way(from, to));
    for (const { link, go } of held) {
      if (reset && link !== undefined) link.cut();
      else go();
    }
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

  /** Holds something back if the way is blocked, and tells whether it did. */
  #hold(from: string, to: string, held: Held): boolean {
    const all = this.#blocked.get(way(from, to));
    all?.push(held);
    return all !== undefined;
  }

  #life(host: string): number {
    return this.#lives.get(host) ?? 0;
  }

  #listen(host: string, address: string, accept: (connection: Connection) => void): Listener {
    if (this.#places.get(address)?.accept !== undefined) throw new Error(`${address} is already taken`);
    const place: Place = { host, accept, dead: false };
    this.#places.set(address, place);
    return {
      address,
      keepAlive: () => {},
      close: async () => {
        place.accept = undefined;
      },
      abandon: async () => {
        place.accept = undefined;
        place.dead = true;
      },
    };
  }

  #connect(
    host: string,
    address: string,
    alive: () => boolean,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void =>
        reject(new ConnectError(`dialling ${address} was given up`, { dead: false, cause: signal?.reason }));
      const dial = (): void => void this.#clock.after(this.#delay(host, address), arrive);
      const arrive = (): void => {
        if (!alive() || signal?.aborted === true) return;
        const at = this.#places.get(address)?.host;
        // Whatever the answer is, it needs the way back as well.
        if (at !== undefined && (this.#hold(host, at, { go: dial }) || this.#hold(at, host, { go: dial })))
          return;
        const answer = this.#answer(host, address);
        this.#deliver(host, () => {
          signal?.removeEventListener('abort', giveUp);
          if (answer instanceof ConnectError) reject(answer);
          else if (signal?.aborted === true) answer.close();
          else resolve(answer);
        });
      };
      if (signal?.aborted === true) {
        giveUp();
      } else {
        signal?.addEventListener('abort', giveUp, { once: true });
        dial();
      }
    });
  }

  /** What dialling comes to: the dialler's end of a new connection, or why there is none. */
  #answer(host: string, address: string): Connection | ConnectError {
    const place = this.#places.get(address);
    if (place !== undefined && this.#cut.has(pair(host, place.host)))
      return new ConnectError(`${address} cannot be reached`, { dead: false });
    if (place?.accept === undefined)
      return new ConnectError(`nobody listens at ${address}`, { dead: place?.dead === true });
    const { host: at, accept } = place;
    const link: Link = new Link({
      clock: this.#clock,
      delay: this.#delay,
      deliver: (to, task) => this.#deliver(to, task),
      hold: (from, to, go) => this.#hold(from, to, { link, go }),
      dialler: host,
      acceptor: at,
      ended: () => this.#forget(link),
    });
    for (const end of [host, at]) {
      const links = this.#links.get(end) ?? new Set();
      this.#links.set(end, links.add(link));
    }
    this.#deliver(at, () => accept(link.accepted));
    return link.dialled;
  }

  #forget(link: Link): void {
    this.#links.get(link.dialled.host)?.delete(link);
    this.#links.get(link.accepted.host)?.delete(link);
  }
}

function way(from: string, to: string): string {
  return `${from} ${to}`;
}

function pair(one: string, other: string): string {
  return one < other ? way(one, other) : way(other, one);
}

interface LinkOptions {
  readonly clock: Clock;
  delay(from: string, to: string): number;
  /** Lets something happen at a host, now or when the host goes on. */
  deliver(host: string, task: () => void): void;
  /** Whether the way is blocked; then `go` is called once it is open again. */
  hold(from: string, to: string, go: () => void): boolean;
  readonly dialler: string;
  readonly acceptor: string;
  ended(): void;
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
      if (ends === 0) ended();
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
    this.#onItsWay.push(task);
    this.#setOut();
  }

  /** One more of what is on its way arrives after the usual time, or is held back until it may set out again. */
  #setOut(): void {
    const { clock, delay, hold } = this.#options;
    const now = clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, now + delay(this.host, this.#peer));
    clock.after(this.#busyUntil - now, () => {
      if (hold(this.host, this.#peer, () => this.#setOut())) return;
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
