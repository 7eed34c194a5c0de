import { ByteReader, ByteWriter, type Codec, Encoded } from '@cachex/router';
import { type Key, keyProblem } from '@cachex/router/hash';
import type { Entry } from '../local/store.ts';

/** Bytes with which a page is full at the latest. */
export const fullPage: number = 16 * 1024;

/** What is there of an entry, beside its hash, its key, its version, its age and its value. */
const Has = { textKey: 1, remaining: 2, ttl: 4, staleFor: 8, tags: 16 } as const;

/** An entry of a page. Instants are the time that is left or has passed, in ms. */
export interface PagedEntry {
  readonly key: Key;
  readonly hash: number;
  readonly value: Encoded;
  readonly version: number;
  readonly age: number;
  /** `null` for ever. */
  readonly remaining: number | null;
  readonly ttl: number | null;
  readonly staleFor: number;
  readonly tags: readonly string[] | undefined;
}

/**
 * Entries on their way to another node, one behind the other in one run of bytes: what takes the most time of a move is to
 * write and read each field of each entry as a value of its own.
 */
export class EntryPage {
  readonly #writer: ByteWriter;
  readonly #codec: Codec;
  readonly #now: number;
  readonly #full: number;
  #count = 0;

  /**
   * `now` is the time of all entries that are added, by the clock they expire by; `full` with how many bytes it is full, and
   * `size` to how many they will come.
   */
  constructor(codec: Codec, now: number, full: number = fullPage, size: number = full) {
    this.#writer = new ByteWriter(Math.min(size, full) + fullPage / 16);
    this.#codec = codec;
    this.#now = now;
    this.#full = full;
  }

  get size(): number {
    return this.#writer.length;
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#writer.length >= this.#full;
  }

  /** `value` is that of the entry, in bytes. */
  add({ key, hash, version, modified, expires, ttl, staleFor, tags }: Entry, value: Encoded): void {
    const writer = this.#writer;
    const mortal = expires !== Number.POSITIVE_INFINITY;
    writer.u8(
      (typeof key === 'string' ? Has.textKey : 0) |
        (mortal ? Has.remaining : 0) |
        (ttl === null ? 0 : Has.ttl) |
        (staleFor === 0 ? 0 : Has.staleFor) |
        (tags === undefined ? 0 : Has.tags),
    );
    writer.u32(hash);
    if (typeof key === 'string') writer.text(key);
    else this.#codec.writeList(writer, [key]);
    writer.f64(version);
    writer.f64(this.#now - modified);
    if (mortal) writer.f64(expires - this.#now);
    if (ttl !== null) writer.f64(ttl);
    if (staleFor !== 0) writer.f64(staleFor);
    if (tags !== undefined) this.#codec.writeList(writer, tags);
    writer.content(value.content);
    this.#count += 1;
  }

  /** The page must not be used again. */
  finish(): Encoded {
    return new Encoded(this.#writer.finish());
  }
}

/** The entries of a page. Throws a `RangeError` on anything malformed. */
export function readPage({ bytes }: Encoded, count: number, codec: Codec): PagedEntry[] {
  const reader = new ByteReader(bytes);
  const entries: PagedEntry[] = [];
  for (let n = 0; n < count; n += 1) entries.push(readEntry(reader, codec));
  if (reader.remaining > 0) throw new RangeError('bytes after the last entry of a page');
  return entries;
}

function readEntry(reader: ByteReader, codec: Codec): PagedEntry {
  const has = reader.u8();
  const hash = reader.u32();
  const key = (has & Has.textKey) === 0 ? (codec.readList(reader, false)[0] as Key) : reader.text();
  if (keyProblem(key) !== undefined) throw new RangeError('an entry whose key is none');
  const version = reader.f64();
  const age = reader.f64();
  const remaining = (has & Has.remaining) === 0 ? null : reader.f64();
  const ttl = (has & Has.ttl) === 0 ? null : reader.f64();
  const staleFor = (has & Has.staleFor) === 0 ? 0 : reader.f64();
  const tags = (has & Has.tags) === 0 ? undefined : (codec.readList(reader, false) as string[]);
  if (tags?.every((tag) => typeof tag === 'string') === false)
    throw new RangeError('an entry with a tag that is no text');
  const length = reader.u32();
  const from = reader.skip(length);
  // A copy: it is stored, and must not keep the page alive.
  const value = Encoded.copy(reader.buffer, from, from + length);
  return { key, hash, value, version, age, remaining, ttl, staleFor, tags };
}
