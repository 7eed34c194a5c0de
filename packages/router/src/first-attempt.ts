import type { Reply, Request, Target } from './frame.ts';
import type { Waiting } from './in-flight.ts';
import type { Call, Journey } from './journey.ts';
import type { View } from './view.ts';

/** Who is told how a first attempt ends. */
export interface FirstAttemptObserver {
  answered(attempt: FirstAttempt, reply: Reply): void;
  failed(attempt: FirstAttempt, error: unknown): void;
}

/** A call to the owner of a key as it is first made: all there is to know of it, for most calls need no more. */
export class FirstAttempt implements Waiting {
  readonly call: Call;
  readonly journey: Journey;
  readonly target: Extract<Target, { kind: 'key' }>;
  /** The view that said where to. */
  readonly view: View;
  readonly request: Request;
  readonly deadline: number;
  readonly opens: boolean;
  sent = false;
  packed: Uint8Array | undefined = undefined;
  /** What the caller was promised. */
  readonly fulfil: (value: unknown) => void;
  readonly refuse: (error: unknown) => void;
  readonly #observer: FirstAttemptObserver;

  constructor(
    call: Call,
    journey: Journey,
    budget: number,
    hash: number,
    view: View,
    observer: FirstAttemptObserver,
    fulfil: (value: unknown) => void,
    refuse: (error: unknown) => void,
  ) {
    const { id, service, handler, args, repeatable = false, hint, deadline, open = false } = journey;
    this.call = call;
    this.journey = journey;
    this.target = { kind: 'key', hash };
    this.view = view;
    this.request = { id, budget, target: this.target, repeatable, hint, service, handler, args };
    this.deadline = deadline;
    this.opens = open;
    this.fulfil = fulfil;
    this.refuse = refuse;
    this.#observer = observer;
  }

  resolve(reply: Reply): void {
    this.#observer.answered(this, reply);
  }

  reject(error: unknown): void {
    this.#observer.failed(this, error);
  }
}
