import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';
import type { Clock, Codec, Encoded } from '@cachex/router';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { entrySize, type Traits } from '../portable.ts';
import type { Files, NewFile } from './files.ts';
import {
  blockHeaderLength,
  enoughBytes,
  Kind,
  largestEntry,
  type Metadata,
  magic,
  preludeLength,
  trailerLength,
  version,
} from './format.ts';

/** Some entries with encoded values, as they were a moment ago. */
export interface DumpChunk {
  readonly traits: readonly Traits[];
  readonly values: readonly Encoded[];
  /** When that was, by the clock of the cache. */
  readonly at: number;
}

/** Told how many entries, and bytes of the file, there are so far. */
export type Progress = (entries: number, bytes: number) => unknown;

export interface DumpOptions {
  readonly files: Files;
  readonly path: string;
  readonly cache: string;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

/** Writes all entries into one file, which appears when it is complete; answers how many. */
export async function writeDump(chunks: AsyncIterable<DumpChunk>, options: DumpOptions): Promise<number> {
  const { files, path, clock, cache, signal, onProgress } = options;
  const file = await files.create(path);
  try {
    const began = clock.now();
    const writer = new DumpWriter(file, options.codec);
    await writer.begin({ cache, created: clock.wallTime() });
    for await (const { traits, values, at } of chunks) {
      for (const [n, each] of traits.entries()) {
        if (!writer.add(sinceBeginning(each, at - began), values[n]!)) continue;
        await writer.flush();
        await onProgress?.(writer.entries, writer.bytes);
        signal?.throwIfAborted();
      }
    }
    await writer.end();
    await onProgress?.(writer.entries, writer.bytes);
    signal?.throwIfAborted();
    await file.publish();
    return writer.entries;
  } catch (error) {
    // What went wrong first is what counts.
    await file.discard().catch(() => {});
    throw error;
  }
}

/** Times as they were counted from the beginning of the dump, to the millisecond. */
function sinceBeginning([key, age, remaining, ...rest]: Traits, passed: number): Traits {
  const left = remaining === null ? null : Math.max(1, Math.round(remaining + passed));
  return [key, Math.round(age - passed), left, ...rest];
}

class DumpWriter {
  readonly #file: NewFile;
  readonly #codec: Codec;
  readonly #digest = createHash('sha256');
  #traits: Traits[] = [];
  #values: Encoded[] = [];
  #size = 0;
  #blocks = 0;
  /** How many entries were written or wait for their block. */
  entries = 0;
  /** How many bytes were written. */
  bytes = 0;

  constructor(file: NewFile, codec: Codec) {
    this.#file = file;
    this.#codec = codec;
  }

  async begin(metadata: Metadata): Promise<void> {
    const text = Buffer.from(JSON.stringify(metadata));
    const header = Buffer.alloc(preludeLength + text.length + 4);
    header.set(magic);
    header.writeUInt16BE(version, 8);
    header.writeUInt32BE(text.length, 12);
    header.set(text, preludeLength);
    header.writeUInt32BE(crc32(header.subarray(0, -4)), header.length - 4);
    await this.#write(header);
  }

  /** Adds an entry; answers whether there is enough for a block. */
  add(traits: Traits, value: Encoded): boolean {
    const size = entrySize(traits, value.length);
    if (size > largestEntry) {
      const message = `the entry of ${describe(traits[0])} has ${size} bytes, over the limit of ${largestEntry} for an entry of a dump`;
      throw new CacheError('TOO_LARGE', message);
    }
    this.#traits.push(traits);
    this.#values.push(value);
    this.#size += size;
    this.entries += 1;
    return this.#size >= enoughBytes;
  }

  async flush(): Promise<void> {
    const raw = this.#codec.encodeList([this.#traits, ...this.#values]);
    const stored = deflateRawSync(raw, { level: 1 });
    const header = Buffer.alloc(blockHeaderLength);
    header.writeUInt8(Kind.block, 0);
    header.writeUInt32BE(this.#traits.length, 1);
    header.writeUInt32BE(raw.length, 5);
    header.writeUInt32BE(stored.length, 9);
    header.writeUInt32BE(crc32(stored), 13);
    header.writeUInt32BE(crc32(header.subarray(0, 17)), 17);
    this.#traits = [];
    this.#values = [];
    this.#size = 0;
    this.#blocks += 1;
    await this.#write(header);
    await this.#write(stored);
  }

  async end(): Promise<void> {
    if (this.#traits.length > 0) await this.flush();
    const trailer = Buffer.alloc(trailerLength);
    trailer.writeUInt8(Kind.trailer, 0);
    trailer.writeUInt32BE(this.#blocks, 1);
    trailer.writeUIntBE(this.entries, 5, 6);
    trailer.writeUIntBE(this.bytes + trailerLength, 11, 6);
    this.#digest.update(trailer.subarray(0, 17));
    trailer.set(this.#digest.digest(), 17);
    this.bytes += trailer.length;
    await this.#file.write(trailer);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#digest.update(bytes);
    this.bytes += bytes.length;
    await this.#file.write(bytes);
  }
}
