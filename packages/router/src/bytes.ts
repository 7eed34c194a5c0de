/** Builds one run of bytes, growing as needed; numbers are big-endian. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 1024) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  /** An unsigned integer up to 2^48 - 1. */
  u48(value: number): void {
    const at = this.#reserve(6);
    this.#buffer.writeUIntBE(value, at, 6);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Bytes with their length before them. */
  block(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** A text of at most 255 bytes with its length before it. */
  name(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > 255) throw new RangeError(`a name of ${bytes} bytes does not fit`);
    this.u8(bytes);
    const at = this.#reserve(bytes);
    this.#buffer.write(text, at);
  }

  /** Overwrites an earlier `u32`. */
  patch(at: number, value: number): void {
    this.#buffer.writeUInt32BE(value, at);
  }

  /** Drops everything after the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** What was written from `at` on; good until the next write. */
  written(at: number): Buffer {
    return this.#buffer.subarray(at, this.#length);
  }

  /** What was written. The writer must not be used again: the bytes are not copied. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Makes room. May replace the buffer, so it must come before the buffer is looked at. */
  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}

/** Reads what a {@link ByteWriter} wrote. Reading past the end throws a `RangeError`; nothing is copied. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#buffer.length - this.#at;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#buffer[at]!;
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  u48(): number {
    return this.#buffer.readUIntBE(this.#take(6), 6);
  }

  raw(bytes: number): Buffer {
    const at = this.#take(bytes);
    return this.#buffer.subarray(at, at + bytes);
  }

  block(): Buffer {
    return this.raw(this.u32());
  }

  name(): string {
    return this.raw(this.u8()).toString();
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#buffer.length) throw new RangeError(`truncated: ${bytes} bytes wanted at ${at}`);
    this.#at = at + bytes;
    return at;
  }
}
