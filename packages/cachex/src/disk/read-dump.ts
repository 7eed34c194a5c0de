import { createHash } from 'node:crypto';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Codec, Encoded } from '@cachex/router';
import { keyProblem } from '@cachex/router/hash';
import { CacheError } from '../errors.ts';
import type { Traits } from '../portable.ts';
import type { StoredFile } from './files.ts';
import {
  blockHeaderLength,
  checksumLength,
  Kind,
  type Metadata,
  magic,
  mostBytes,
  mostMetadata,
  mostStored,
  preludeLength,
  trailerLength,
  version,
} from './format.ts';

/** The entries of one block. */
export interface Block {
  readonly offset: number;
  /** Where the block ends. */
  readonly end: number;
  readonly traits: readonly Traits[];
  readonly values: readonly Encoded[];
}

/**
 * Reads a dump from its beginning to its end, block by block. What is not exactly as it was written is `INVALID_DUMP`, with
 * the offset of the part that is damaged; only who has read to the end knows that there is nothing of the kind.
 */
export class DumpReader {
  readonly #file: StoredFile;
  readonly #path: string;
  readonly #codec: Codec;
  readonly #digest = createHash('sha256');
  /** Where the next part begins. */
  #at = 0;

  constructor(file: StoredFile, path: string, codec: Codec) {
    this.#file = file;
    this.#path = path;
    this.#codec = codec;
  }

  async metadata(): Promise<Metadata> {
    const start = await this.#peek(preludeLength);
    if (start.length < magic.length ? !startsWith(magic, start) : !startsWith(start, magic))
      throw this.#damaged('it is not a dump of a cache');
    const prelude = await this.#take(preludeLength);
    if (prelude.readUInt16BE(8) !== version)
      throw this.#damaged(`version ${prelude.readUInt16BE(8)} is not known here, only ${version}`);
    const length = prelude.readUInt32BE(12);
    if (length > mostMetadata) throw this.#damaged(`${length} bytes of metadata`);
    const text = await this.#take(length, preludeLength);
    const checksum = await this.#take(checksumLength, preludeLength + length);
    if (crc32(text, crc32(prelude)) !== checksum.readUInt32BE(0))
      throw this.#damaged('the header is damaged');
    for (const part of [prelude, text, checksum]) this.#pass(part);
    return this.#parsed(text);
  }

  /** The blocks, to be read after the metadata. It ends where the file does. */
  async *blocks(): AsyncGenerator<Block> {
    let blocks = 0;
    let entries = 0;
    for (;;) {
      const [kind] = await this.#take(1);
      if (kind === Kind.trailer) break;
      if (kind !== Kind.block) throw this.#damaged('there is neither a block nor the trailer');
      const block = await this.#block();
      blocks += 1;
      entries += block.traits.length;
      yield block;
    }
    const trailer = await this.#take(trailerLength);
    this.#digest.update(trailer.subarray(0, 17));
    if (!this.#digest.digest().equals(trailer.subarray(17)))
      throw this.#damaged('the trailer does not fit what is before it');
    if (trailer.readUInt32BE(1) !== blocks || trailer.readUIntBE(5, 6) !== entries)
      throw this.#damaged('blocks are missing');
    this.#at += trailerLength;
    if (trailer.readUIntBE(11, 6) !== this.#at || this.#file.size !== this.#at)
      throw this.#damaged('there is something after the trailer');
  }

  async #block(): Promise<Block> {
    const header = await this.#take(blockHeaderLength);
    if (crc32(header.subarray(0, 17)) !== header.readUInt32BE(17))
      throw this.#damaged('the header of the block is damaged');
    const [entries, length, stored] = [1, 5, 9].map((at) => header.readUInt32BE(at)) as [
      number,
      number,
      number,
    ];
    if (entries === 0 || length > mostBytes || stored > mostStored(length))
      throw this.#damaged(`a block of ${entries} entries, ${length} bytes and ${stored} stored ones`);
    const bytes = await this.#take(stored, blockHeaderLength);
    if (crc32(bytes) !== header.readUInt32BE(13)) throw this.#damaged('the block is damaged');
    const { traits, values } = this.#decoded(bytes, length, entries);
    const offset = this.#at;
    this.#pass(header);
    this.#pass(bytes);
    return { offset, end: this.#at, traits, values };
  }

  #decoded(bytes: Uint8Array, length: number, entries: number): Pick<Block, 'traits' | 'values'> {
    try {
      const raw = inflateRawSync(bytes, { maxOutputLength: Math.max(1, length) });
      if (raw.length !== length) throw new RangeError(`${raw.length} bytes instead of ${length}`);
      const [traits, ...values] = this.#codec.decodeList(raw);
      if (!Array.isArray(traits) || traits.length !== entries || values.length !== entries)
        throw new RangeError(`not ${entries} entries`);
      for (const each of traits) checkTraits(each);
      for (const value of values)
        if (!(value instanceof Encoded)) throw new RangeError('a value that is none');
      return { traits, values: values as Encoded[] };
    } catch (cause) {
      throw this.#damaged(`the block cannot be read: ${(cause as Error).message}`, cause);
    }
  }

  #parsed(text: Buffer): Metadata {
    try {
      const metadata = JSON.parse(text.toString()) as Metadata;
      if (Number.isFinite(metadata.created)) return metadata;
    } catch {
      // What is no JSON has no time either.
    }
    this.#at = 0;
    throw this.#damaged('the metadata has no time');
  }

  /** So many bytes at some distance from where the next part begins, all of them. */
  async #take(length: number, distance = 0): Promise<Buffer> {
    const bytes = await this.#peek(length, distance);
    if (bytes.length < length) throw this.#damaged('the file ends too early', undefined, this.#file.size);
    return bytes;
  }

  async #peek(length: number, distance = 0): Promise<Buffer> {
    // What is merely claimed is not allocated.
    const there = Math.max(0, Math.min(length, this.#file.size - this.#at - distance));
    const bytes = there === 0 ? new Uint8Array(0) : await this.#file.read(this.#at + distance, there);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #pass(bytes: Uint8Array): void {
    this.#digest.update(bytes);
    this.#at += bytes.length;
  }

  #damaged(what: string, cause?: unknown, offset: number = this.#at): CacheError {
    const error = new CacheError('INVALID_DUMP', `${this.#path}: ${what}, at byte ${offset}`, { cause });
    return Object.assign(error, { offset });
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, n) => bytes[n] === byte);
}

function checkTraits(traits: unknown): void {
  const [key, age, remaining, ttl, staleFor = 0, tags = []] = Array.isArray(traits) ? traits : [];
  const isTime = (time: unknown): boolean =>
    time === null || (typeof time === 'number' && !Number.isNaN(time));
  if (
    keyProblem(key) === undefined &&
    typeof age === 'number' &&
    isTime(age) &&
    isTime(remaining) &&
    isTime(ttl) &&
    typeof staleFor === 'number' &&
    staleFor >= 0 &&
    Array.isArray(tags) &&
    tags.every((tag) => typeof tag === 'string')
  )
    return;
  throw new RangeError('an entry that is none');
}
