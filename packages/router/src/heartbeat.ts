import type { ByteWriter } from './bytes.ts';
import type { Clock, Timer } from './clock.ts';
import { type FrameType, finishFrame, startFrame } from './frame.ts';

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Silence that is taken for the end of a link, in ms. */
  readonly failureAfter: number;
  /** Asks the other side for a sign of life. */
  beat(): void;
  /** The other side has been silent for too long. */
  silent(): void;
}

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
    return this.#options.clock.after(this.#options.failureAfter / 3, () => this.#beat());
  }

  #beat(): void {
    const { clock, failureAfter, beat, silent } = this.#options;
    const now = clock.now();
    // A beat that comes late shows that this process was stopped or busy: blame nobody else for the silence.
    if (now - this.#lastBeat > (failureAfter * 2) / 3) this.#lastHeard = now;
    this.#lastBeat = now;
    if (now - this.#lastHeard > failureAfter) {
      silent();
      return;
    }
    this.#timer = this.#next();
    beat();
  }
}

/** A heartbeat on the wire; it tells the epoch in force at its sender. */
export function epochFrame(type: FrameType, epoch: number): Buffer {
  const writer: ByteWriter = startFrame(type, 16);
  writer.u48(epoch);
  return finishFrame(writer);
}
