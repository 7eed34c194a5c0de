import { ByteReader } from './bytes.ts';
import type { Clock } from './clock.ts';
import { FrameType, finishFrame, startFrame } from './frame.ts';
import type { Connection } from './transport.ts';

/** The caller's one way to this node, as handlers see it: it is another one when the caller has dialled again. */
export interface Link {
  /** Whether it still stands. What it is told after its end is lost, and its caller knows that it has ended. */
  readonly open: boolean;
  /**
   * Tells the caller, in its `noticed`, that something of this service changes under this hash. It is heard after the answers that
   * were given before, and before those to calls that come from now on.
   */
  tell(service: string, hash: number): void;
}

/** A frame holds about so many hashes. */
const mostHashes = 8_192;

/** What one link is yet to be told. It leaves at the end of the turn of the event loop, or sooner where order demands it. */
export class Notices implements Link {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #sent: () => void;
  readonly #waiting = new Map<string, number[]>();
  #scheduled = false;
  #open = true;

  /** `sent` is told whenever some have left. */
  constructor(connection: Connection, clock: Clock, sent: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#sent = sent;
  }

  get open(): boolean {
    return this.#open;
  }

  tell(service: string, hash: number): void {
    if (!this.#open) return;
    const hashes = this.#waiting.get(service);
    if (hashes === undefined) this.#waiting.set(service, [hash]);
    else hashes.push(hash);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.defer(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  flush(): void {
    if (this.#waiting.size === 0 || !this.#open) return;
    for (const [service, hashes] of this.#waiting) {
      for (let at = 0; at < hashes.length; at += mostHashes)
        this.#connection.send(noticesFrame(service, hashes.slice(at, at + mostHashes)));
    }
    this.#waiting.clear();
    this.#sent();
  }

  close(): void {
    this.#open = false;
    this.#waiting.clear();
  }
}

export function noticesFrame(service: string, hashes: readonly number[]): Buffer {
  const writer = startFrame(FrameType.notices, 64 + 4 * hashes.length);
  writer.name(service);
  for (const hash of hashes) writer.u32(hash >>> 0);
  return finishFrame(writer);
}

/** Reads a `notices` body. Throws `RangeError` on anything malformed. */
export function readNotices(body: Uint8Array): { service: string; hashes: number[] } {
  const reader = new ByteReader(body);
  const service = reader.name();
  const hashes: number[] = [];
  while (reader.remaining > 0) hashes.push(reader.u32());
  return { service, hashes };
}
