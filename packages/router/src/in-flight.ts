import type { Clock, Timer } from './clock.ts';
import type { Reply, Request } from './frame.ts';
import type { RefusalCode } from './handshake.ts';

/** A call got no reply from its peer. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly reason: 'down' | 'timeout' | 'overloaded' | 'tooLarge';
  /** Whether the request may have left this node: if not, it was certainly not executed. */
  readonly sent: boolean;
  /** Set when there will be no link before somebody changes something. */
  readonly code: RefusalCode | undefined;

  constructor(reason: LinkError['reason'], sent: boolean, message: string, code?: RefusalCode) {
    super(message);
    this.reason = reason;
    this.sent = sent;
    this.code = code;
  }
}

/** A call that waits for its reply. */
export interface Waiting {
  readonly request: Request;
  /** On this node's clock. */
  readonly deadline: number;
  sent: boolean;
  resolve(reply: Reply): void;
  reject(error: LinkError): void;
}

/** The calls of one link that wait for their replies, by id, and their deadlines. */
export class InFlight {
  readonly #clock: Clock;
  readonly #late: (call: Waiting) => LinkError;
  readonly #emptied: () => void;
  readonly #calls = new Map<number, Waiting>();
  #alarm: { at: number; timer: Timer } | undefined;
  #unsentBytes = 0;

  /** `late` says what a call is rejected with at its deadline; `emptied` is told when the last call has ended. */
  constructor(clock: Clock, late: (call: Waiting) => LinkError, emptied: () => void) {
    this.#clock = clock;
    this.#late = late;
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Bytes of the calls that have not been sent yet. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  all(): Waiting[] {
    return [...this.#calls.values()];
  }

  /** Takes a call in; `send` gets it at once. */
  add(request: Request, send: (call: Waiting) => void): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const deadline = this.#clock.now() + request.budget;
      const call: Waiting = { request, deadline, sent: false, resolve, reject };
      this.#calls.set(request.id, call);
      this.#unsentBytes += request.args.length;
      this.#watch(deadline);
      send(call);
    });
  }

  /** Notes that a call has left this node. */
  sent(call: Waiting): void {
    call.sent = true;
    this.#unsentBytes -= call.request.args.length;
  }

  /** Takes a call out, to be resolved, rejected or forgotten. */
  take(id: number): Waiting | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    if (!call.sent) this.#unsentBytes -= call.request.args.length;
    if (this.#calls.size === 0) this.#emptied();
    return call;
  }

  /** Rejects every call: the link is down. */
  fail(message: string, code?: RefusalCode): void {
    for (const { request, sent } of this.all())
      this.take(request.id)?.reject(new LinkError('down', sent, message, code));
  }

  close(): void {
    this.#alarm?.timer.cancel();
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
