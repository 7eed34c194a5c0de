import type { ByteWriter } from './bytes.ts';
import type { Clock } from './clock.ts';
import { type FrameType, finishFrame, frameLength, startFrame, typeLength } from './frame.ts';
import type { Connection } from './transport.ts';

/**
 * Records a frame holds at most. Larger batches make caller and owner take turns on one core; smaller ones let them
 * overlap (measured: 64 was the best of 16 to 256 at 256 calls in flight).
 */
export const mostRecords = 64;

/** A frame with this many bytes leaves without waiting for more. */
const enoughBytes = 64 * 1024;

/** A record that no frame can hold. */
export class TooLarge extends RangeError {
  constructor(bytes: number, limit: number) {
    super(`${bytes} bytes exceed the limit of ${limit} bytes a frame`);
  }
}

/**
 * Puts records that are written at about the same time into one frame. One that is alone leaves at once, so that a lone call
 * waits for nobody; others leave at the end of their turn of the event loop, together.
 */
export class Batch {
  readonly #connection: Connection;
  readonly #type: FrameType;
  readonly #clock: Clock;
  readonly #limit: number;
  #writer: ByteWriter | undefined;
  /** Where the last record begins. */
  #before = 0;
  /** As much as the last frame took, or somewhat more. */
  #capacity = 1024;
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

  /** Where to write the next record, which {@link end} adds or {@link cancel} takes back. Nothing may come between. */
  begin(): ByteWriter {
    this.#writer ??= startFrame(this.#type, this.#capacity);
    this.#before = this.#writer.length;
    return this.#writer;
  }

  /**
   * The record is complete; `alone`: nothing else is under way. One that exceeds the limit on frames by itself is
   * {@link TooLarge}, and to be taken back.
   */
  end(alone: boolean): void {
    const writer = this.#writer!;
    const bytes = writer.length - this.#before;
    if (bytes + typeLength > this.#limit) throw new TooLarge(bytes, this.#limit);
    if (this.#records > 0 && frameLength(writer) > this.#limit) this.#startOver(writer, this.#before);
    this.#records += 1;
    if (this.#records >= mostRecords || this.#writer!.length >= enoughBytes) this.flush();
    else if (this.#corked || this.#scheduled) return;
    else if (alone) this.flush();
    else this.#schedule();
  }

  cancel(): void {
    this.#writer?.truncate(this.#before);
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
    this.#capacity = Math.min(enoughBytes, Math.max(1024, frame.length + (frame.length >> 2)));
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
    this.#scheduled = true;
    this.#clock.defer(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
