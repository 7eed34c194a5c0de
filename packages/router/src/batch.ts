import type { ByteWriter } from './bytes.ts';
import type { Clock } from './clock.ts';
import { type FrameType, finishFrame, startFrame } from './frame.ts';
import type { Connection } from './transport.ts';

/**
 * Records a frame holds at most. Larger batches make caller and owner take turns on one core; smaller ones let them
 * overlap (measured: 64 was the best of 16 to 256 at 256 calls in flight).
 */
const mostRecords = 64;

/** A frame with this many bytes leaves without waiting for more. */
const enoughBytes = 64 * 1024;

/**
 * Puts records that are written at about the same time into one frame. The first record of a tick leaves at once, so
 * that a lone call waits for nobody; the rest of the tick leaves together.
 */
export class Batch {
  readonly #connection: Connection;
  readonly #type: FrameType;
  readonly #clock: Clock;
  #writer: ByteWriter | undefined;
  #records = 0;
  #scheduled = false;
  #corked = false;

  constructor(connection: Connection, type: FrameType, clock: Clock) {
    this.#connection = connection;
    this.#type = type;
    this.#clock = clock;
  }

  /** Adds a record; if `write` throws, nothing of it stays. Returns the bytes it took. */
  add(write: (writer: ByteWriter) => void): number {
    this.#writer ??= startFrame(this.#type);
    const before = this.#writer.length;
    try {
      write(this.#writer);
    } catch (error) {
      this.#writer.truncate(before);
      throw error;
    }
    const bytes = this.#writer.length - before;
    this.#records += 1;
    if (this.#records >= mostRecords || this.#writer.length >= enoughBytes) this.flush();
    else if (!this.#corked) this.#schedule();
    return bytes;
  }

  /** Holds records back while a known group of them is written; {@link uncork} sends what is left of it. */
  cork(): void {
    this.#corked = true;
  }

  uncork(): void {
    this.#corked = false;
    this.flush();
  }

  flush(): void {
    if (this.#records === 0 || this.#writer === undefined) return;
    const frame = finishFrame(this.#writer);
    this.#writer = undefined;
    this.#records = 0;
    this.#connection.send(frame);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.flush();
    this.#clock.defer(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
