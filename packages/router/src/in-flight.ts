import type { Clock, Timer } from './clock.ts';
import type { Reply, Request } from './frame.ts';

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

/** A call that waits for its reply. */
export interface Waiting {
  readonly request: Request;
  /** On this node's clock. */
  readonly deadline: number;
  /** Whether what its reply has encoded is to be decoded as it is read. */
  readonly opens: boolean;
  /** Whether it has left this node. */
  sent: boolean;
  /** Its arguments as they will be sent, if it could not be sent at once: nobody may change them any more. */
  packed: Uint8Array | undefined;
  resolve(reply: Reply): void;
  /** With a {@link LinkError}, or why it could not be encoded. */
  reject(error: unknown): void;
}

/** How many places there are at first, and at most. */
const fewestPlaces = 64;
const mostPlaces = 65_536;

/** The calls of one link that wait for their replies, by id, and their deadlines. */
export class InFlight {
  readonly #clock: Clock;
  readonly #late: (call: Waiting) => LinkError;
  readonly #emptied: () => void;
  /** A call is at the place that the low bits of its id say, for ids are dealt out in order; or far, if that is taken. */
  #near: (Waiting | undefined)[] = new Array(fewestPlaces).fill(undefined);
  readonly #far = new Map<number, Waiting>();
  #size = 0;
  #alarm: { at: number; timer: Timer } | undefined;
  #unsentBytes = 0;

  /** `late` says what a call is rejected with at its deadline; `emptied` is told when the last call has ended. */
  constructor(clock: Clock, late: (call: Waiting) => LinkError, emptied: () => void) {
    this.#clock = clock;
    this.#late = late;
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the calls that have not been sent yet. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** In the order in which they were made. */
  all(): Waiting[] {
    const calls = [...this.#near.filter((call) => call !== undefined), ...this.#far.values()];
    return calls.sort((one, other) => one.request.id - other.request.id);
  }

  add(call: Waiting): void {
    this.#place(call);
    this.#size += 1;
    if (this.#size > this.#near.length / 2 && this.#near.length < mostPlaces) this.#grow();
    if (call.packed !== undefined) this.#unsentBytes += call.packed.length;
    this.#watch(call.deadline);
  }

  /** Notes that a call has left this node. */
  sent(call: Waiting): void {
    call.sent = true;
    if (call.packed !== undefined) this.#unsentBytes -= call.packed.length;
    call.packed = undefined;
  }

  get(id: number): Waiting | undefined {
    const near = this.#near[id & (this.#near.length - 1)];
    return near !== undefined && near.request.id === id ? near : this.#far.get(id);
  }

  /** Takes a call out, to be resolved, rejected or forgotten. */
  take(id: number): Waiting | undefined {
    const place = id & (this.#near.length - 1);
    let call = this.#near[place];
    if (call !== undefined && call.request.id === id) this.#near[place] = undefined;
    else {
      call = this.#far.get(id);
      if (call === undefined) return undefined;
      this.#far.delete(id);
    }
    this.#size -= 1;
    if (call.packed !== undefined) this.#unsentBytes -= call.packed.length;
    if (this.#size === 0) this.#emptied();
    return call;
  }

  /** Rejects every call: the link is down. */
  fail(message: string): void {
    for (const { request, sent } of this.all())
      this.take(request.id)?.reject(new LinkError('down', sent, message));
  }

  close(): void {
    this.#alarm?.timer.cancel();
  }

  #place(call: Waiting): void {
    const { id } = call.request;
    const place = id & (this.#near.length - 1);
    if (this.#near[place] === undefined) this.#near[place] = call;
    else this.#far.set(id, call);
  }

  #grow(): void {
    const calls = this.all();
    this.#near = new Array(this.#near.length * 4).fill(undefined);
    this.#far.clear();
    for (const call of calls) this.#place(call);
  }

  /** One timer for the earliest deadline instead of one a call: a timer costs more than a whole call. */
  #watch(deadline: number): void {
    if (this.#alarm !== undefined && this.#alarm.at <= deadline) return;
    this.#alarm?.timer.cancel();
    const timer = this.#clock.after(Math.max(0, deadline - this.#clock.now()), () => {
      this.#alarm = undefined;
      this.#expire();
    });
    this.#alarm = { at: deadline, timer };
  }

  #expire(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.all()) {
      if (call.deadline > now) next = Math.min(next, call.deadline);
      else this.take(call.request.id)?.reject(this.#late(call));
    }
    if (next !== Number.POSITIVE_INFINITY) this.#watch(next);
  }
}
