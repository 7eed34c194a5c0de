import type { ByteWriter } from './bytes.ts';
import type { Clock } from './clock.ts';
import { type FrameType, finishFrame, frameLength, startFrame, typeLength } from './frame.ts';
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
  readonly #limit: number;
  #writer: ByteWriter | undefined;
  #records = 0;
  #scheduled = false;
  #corked = false;

  /** `limit` is that of the frames the other end takes. */
  constructor(connection: Connection, type: FrameType, clock: Clock, limit: number) {
    this.#connection = connection;
    this.#type = type;
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Adds a record. If `write` throws, or the record alone exceeds the limit on frames, it throws and nothing stays. */
  add(write: (writer: ByteWriter) => void): void {
    const writer = this.#writer ?? startFrame(this.#type);
    this.#writer = writer;
    const before = writer.length;
    try {
      write(writer);
      const bytes = writer.length - before;
      if (bytes + typeLength > this.#limit) {
        throw new RangeError(`${bytes} bytes exceed the limit of ${this.#limit} bytes a frame`);
      }
    } catch (error) {
      writer.truncate(before);
      throw error;
    }
    if (this.#records > 0 && frameLength(writer) > this.#limit) this.#startOver(writer, before);
    this.#records += 1;
    if (this.#records >= mostRecords || this.#writer.length >= enoughBytes) this.flush();
    else if (!this.#corked) this.#schedule();
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

  /** The frame would become too large: what was there before leaves, and the last record begins another one. */
  #startOver(writer: ByteWriter, before: number): void {
    const record = Buffer.from(writer.written(before));
    writer.truncate(before);
    this.flush();
    this.#writer = startFrame(this.#type, record.length + 64);
    this.#writer.raw(record);
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
