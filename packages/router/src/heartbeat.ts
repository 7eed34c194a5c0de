import { ByteReader, type ByteWriter } from './bytes.ts';
import type { Clock, Timer } from './clock.ts';
import { FrameType, finishFrame, startFrame } from './frame.ts';

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Silence that is taken for the end of a link, in ms. */
  readonly failureAfter: number;
  /** Asks the other side for a sign of life. */
  beat(): void;
  /** The other side has been silent for too long. */
  silent(): void;
}

/** How often a sign of life is asked for, while silence becomes failure: thrice within a lease. */
export const beatsToFailure = 6;

/** Watches whether the other side of a link is alive. A stopped process keeps its sockets, so only answers count. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer;
  #lastHeard: number;
  #lastBeat: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastHeard = options.clock.now();
    this.#lastBeat = this.#lastHeard;
    this.#timer = this.#next();
  }

  /** Anything at all came from the other side. */
  heard(): void {
    this.#lastHeard = this.#options.clock.now();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    return this.#options.clock.after(this.#options.failureAfter / beatsToFailure, () => this.#beat());
  }

  #beat(): void {
    const { clock, failureAfter, beat, silent } = this.#options;
    const now = clock.now();
    // A beat that comes late shows that this process was stopped or busy: blame nobody else for the silence.
    if (now - this.#lastBeat > failureAfter / 2) this.#lastHeard = now;
    this.#lastBeat = now;
    if (now - this.#lastHeard > failureAfter) {
      silent();
      return;
    }
    this.#timer = this.#next();
    beat();
  }
}

/** A sign of life is asked for; it tells the epoch in force at its sender, which would like a lease. */
export function pingFrame(epoch: number): Buffer {
  const writer: ByteWriter = startFrame(FrameType.ping, 16);
  writer.u48(epoch);
  return finishFrame(writer);
}

/** What a sign of life answers to whoever has asked for it. */
export interface Pong {
  /** The epoch in force at its sender. */
  readonly epoch: number;
  /** Whether that grants the lease. */
  readonly grants: boolean;
  /** Whether it hears the other over its own link as well, by whose silence it judges. */
  readonly hears: boolean;
}

export function pongFrame({ epoch, grants, hears }: Pong): Buffer {
  const writer: ByteWriter = startFrame(FrameType.pong, 16);
  writer.u48(epoch);
  writer.u8((grants ? 1 : 0) | (hears ? 2 : 0));
  return finishFrame(writer);
}

export function readPing(body: Uint8Array): number {
  return new ByteReader(body).u48();
}

export function readPong(body: Uint8Array): Pong {
  const reader = new ByteReader(body);
  const epoch = reader.u48();
  const flags = reader.u8();
  return { epoch, grants: (flags & 1) !== 0, hears: (flags & 2) !== 0 };
}
