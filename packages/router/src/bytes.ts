/** So few are written one by one sooner than by a call out of the engine. */
const fewBytes = 40;

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
    if (value !== value >>> 0) throw new RangeError(`${value} is not a number of 32 bits`);
    const at = this.#reserve(4);
    put32(this.#buffer, at, value);
  }

  /** An unsigned integer up to 2^48 - 1. */
  u48(value: number): void {
    if (!(value >= 0 && value < 2 ** 48)) throw new RangeError(`${value} is not a number of 48 bits`);
    const at = this.#reserve(6);
    const high = Math.floor(value / 2 ** 32);
    this.#buffer[at] = high >>> 8;
    this.#buffer[at + 1] = high;
    put32(this.#buffer, at + 2, value >>> 0);
  }

  f64(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** The bytes of another run from `from` up to `to`. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    const at = this.#reserve(to - from);
    const buffer = this.#buffer;
    if (to - from > fewBytes) Buffer.prototype.copy.call(bytes, buffer, at, from, to);
    else for (let n = from; n < to; n += 1) buffer[at + n - from] = bytes[n]!;
  }

  /** Bytes with their length before them. */
  block(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** The same for bytes that may be a text of as many characters. */
  content(bytes: string | Uint8Array): void {
    this.u32(bytes.length);
    if (typeof bytes !== 'string') this.raw(bytes);
    else {
      const at = this.#reserve(bytes.length);
      this.#buffer.write(bytes, at, bytes.length, 'latin1');
    }
  }

  /**
   * A text with its length before it, added to `kind`, in one byte. Writes nothing and answers `false` unless all its
   * characters are ASCII.
   */
  ascii(kind: number, text: string): boolean {
    const { length } = text;
    const at = this.#reserve(length + 1);
    const buffer = this.#buffer;
    buffer[at] = kind + length;
    for (let n = 0; n < length; n += 1) {
      const character = text.charCodeAt(n);
      if (character >= 0x80) {
        this.#length = at;
        return false;
      }
      buffer[at + 1 + n] = character;
    }
    return true;
  }

  /** A text of at most 255 bytes with its length before it. */
  name(text: string): void {
    if (text.length <= fewBytes && this.ascii(0, text)) return;
    const bytes = Buffer.byteLength(text);
    if (bytes > 255) throw new RangeError(`a name of ${bytes} bytes does not fit`);
    this.u8(bytes);
    const at = this.#reserve(bytes);
    this.#buffer.write(text, at);
  }

  /** A text of any length with that before it. */
  text(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.u32(bytes);
    const at = this.#reserve(bytes);
    this.#buffer.write(text, at, bytes);
  }

  /** Overwrites an earlier `u32`. */
  patch(at: number, value: number): void {
    put32(this.#buffer, at, value);
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
  readonly buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.buffer.length - this.#at;
  }

  /** Where in the buffer the next byte is. */
  get position(): number {
    return this.#at;
  }

  /** Goes past these bytes if they come next; answers whether they did. None never do. */
  passes(bytes: Uint8Array): boolean {
    const { length } = bytes;
    const at = this.#at;
    if (length === 0 || at + length > this.buffer.length) return false;
    for (let n = 0; n < length; n += 1) if (this.buffer[at + n] !== bytes[n]) return false;
    this.#at = at + length;
    return true;
  }

  u8(): number {
    return this.buffer[this.skip(1)]!;
  }

  u32(): number {
    return get32(this.buffer, this.skip(4));
  }

  u48(): number {
    const at = this.skip(6);
    const { buffer } = this;
    return (buffer[at]! * 256 + buffer[at + 1]!) * 2 ** 32 + get32(buffer, at + 2);
  }

  f64(): number {
    return this.buffer.readDoubleBE(this.skip(8));
  }

  raw(bytes: number): Buffer {
    const at = this.skip(bytes);
    return this.buffer.subarray(at, at + bytes);
  }

  block(): Buffer {
    return this.raw(this.u32());
  }

  name(): string {
    const bytes = this.u8();
    const at = this.skip(bytes);
    return this.buffer.toString('utf8', at, at + bytes);
  }

  text(): string {
    const bytes = this.u32();
    const at = this.skip(bytes);
    return this.buffer.toString('utf8', at, at + bytes);
  }

  /** Goes past some bytes; answers where in the buffer they begin. */
  skip(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.buffer.length) throw new RangeError(`truncated: ${bytes} bytes wanted at ${at}`);
    this.#at = at + bytes;
    return at;
  }
}

function put32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}

function get32(buffer: Buffer, at: number): number {
  return ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;
}
