import { Packr } from 'msgpackr/pack';
import { ByteReader, ByteWriter } from './bytes.ts';
import { Encoded, longestText } from './encoded.ts';
import { RouterError } from './errors.ts';
import { checkMessage } from './message-form.ts';
import { PlainReader } from './plain-reader.ts';
import { checkSerializable, isPlain, messageOf } from './serializable.ts';
import { bareOf, describeThrown, rebuildThrown, type ThrownRecord } from './thrown.ts';

/** How deep lists of {@link Encoded} values may be nested in an argument. */
const deepestList = 4;

const Part = { absent: 0, value: 1, encoded: 2, list: 3 } as const;

/** The packer answers its own buffer, and begins again at its front: the bytes are good until the next call. */
const inPlace = 512 | 1024;

/** What begins a value in its plain form; it begins no other, for msgpack has left it out. */
const plainMark = 0xc1;

/** A short text is one byte of kind and length, and then its bytes. */
const shortText = 0xa0;
const longestShort = 31;

/** The target of a packer with the bounds of what it has just written, unless it had to make a copy. */
interface Packed extends Uint8Array {
  start?: number;
  end?: number;
}

/**
 * Turns values into bytes and back: msgpack in self-contained messages that keep `undefined`, Map, Set, Date, RegExp,
 * BigInt, Error, typed arrays, Buffer, NaN and cycles. Lost: -0 (becomes 0), array holes (become `undefined`), lone
 * surrogates (become U+FFFD), an own key `__proto__` (becomes `__proto_`), properties named by symbols, and of an Error
 * inside a value its class, unless built in, its stack and its own properties.
 *
 * There are two forms: what is made of JSON types alone is in plain msgpack behind a mark, which takes half the time; all
 * else says what its objects are.
 */
export class Codec {
  readonly #packer = new Packr({ structuredClone: true, moreTypes: true, copyBuffers: true });
  readonly #plainPacker = new Packr({ useRecords: false, moreTypes: true });
  readonly #plainReader = new PlainReader();
  /** Where kept texts become bytes again, to be read. */
  readonly #scratch = Buffer.allocUnsafeSlow(longestText);
  readonly #range = { start: 0, end: 0 };

  /** Encodes a value; one that cannot be sent is `NOT_SERIALIZABLE`, naming the path inside it. */
  encode(value: unknown): Encoded {
    const writer = new ByteWriter(256);
    this.#writeValue(writer, value);
    return Encoded.copy(writer.finish(), 0, writer.length);
  }

  /** Throws `RangeError` on anything that no codec wrote. */
  decode({ content }: Encoded): unknown {
    const { length } = content;
    if (typeof content !== 'string') return this.#readValue(asBuffer(content), 0, length);
    if (length > longestText) return this.#readValue(Buffer.from(content, 'latin1'), 0, length);
    this.#scratch.write(content, 0, length, 'latin1');
    return this.#readValue(this.#scratch, 0, length);
  }

  /** What an answer holds, with its encoded values decoded wherever {@link readList} would have. */
  open(answer: unknown, depth = 0): unknown {
    if (answer instanceof Encoded) return this.decode(answer);
    if (depth >= deepestList || !holdsEncoded(answer, depth + 1)) return answer;
    return answer.map((each) => this.open(each, depth + 1));
  }

  /** Encodes a list of arguments, each by itself, leaving {@link Encoded} ones and lists of them as they are. */
  encodeList(values: readonly unknown[]): Uint8Array {
    const writer = new ByteWriter(128);
    this.writeList(writer, values);
    return writer.finish();
  }

  /** The same, to where it travels. If it throws, what it has written must be taken back. */
  writeList(writer: ByteWriter, values: readonly unknown[]): void {
    this.#writeList(writer, values, 0);
  }

  decodeList(bytes: Uint8Array): unknown[] {
    const reader = new ByteReader(bytes);
    const values = this.readList(reader, false);
    if (reader.remaining > 0) throw new RangeError('bytes after the last argument');
    return values;
  }

  /** Reads a list where it lies; with `open`, what was sent encoded is decoded as well. */
  readList(reader: ByteReader, open: boolean): unknown[] {
    return this.#readList(reader, open, 0);
  }

  /** Encodes what a handler threw, with what can be sent of its properties. Never throws. */
  encodeError(error: unknown): Uint8Array {
    const record = describeThrown(error);
    const writer = new ByteWriter(512);
    try {
      this.#writeValue(writer, record);
    } catch {
      writer.truncate(0);
      this.#writeValue(writer, bareOf(record));
    }
    return writer.finish();
  }

  /** Rebuilds what a handler threw: the same name, message, code and properties, and a built-in class where it was one. */
  decodeError(bytes: Uint8Array): unknown {
    return rebuildThrown(this.#readValue(asBuffer(bytes), 0, bytes.length) as ThrownRecord);
  }

  #writeValue(writer: ByteWriter, value: unknown): void {
    if (typeof value === 'string' && value.length <= longestShort && writer.ascii(shortText, value)) return;
    try {
      if (typeof value === 'object' && isPlain(value)) {
        writer.u8(plainMark);
        append(writer, this.#plainPacker.pack(value, inPlace));
      } else {
        checkSerializable(value);
        append(writer, this.#packer.pack(value, inPlace));
      }
    } catch (cause) {
      if (cause instanceof RouterError) throw cause;
      throw new RouterError('NOT_SERIALIZABLE', `the value cannot be encoded: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  #readValue(buffer: Buffer, from: number, to: number): unknown {
    const first = buffer[from];
    if (from >= to || first === undefined) throw new RangeError('a value without bytes');
    const characters = to - from - 1;
    if (first === shortText + characters && characters <= longestShort)
      return readShort(buffer, from + 1, to);
    if (first === plainMark) return this.#plainReader.read(buffer, from + 1, to);
    checkMessage(buffer, from, to);
    this.#range.start = from;
    this.#range.end = to;
    try {
      return this.#packer.unpack(buffer, this.#range);
    } catch (cause) {
      throw new RangeError(`a value that cannot be read: ${messageOf(cause)}`, { cause });
    }
  }

  #writeList(writer: ByteWriter, values: readonly unknown[], depth: number): void {
    writer.u32(values.length);
    for (const value of values) {
      if (value === undefined) {
        writer.u8(Part.absent);
      } else if (value instanceof Encoded) {
        writer.u8(Part.encoded);
        writer.content(value.content);
      } else if (depth < deepestList && holdsEncoded(value, depth + 1)) {
        writer.u8(Part.list);
        this.#writeList(writer, value, depth + 1);
      } else {
        writer.u8(Part.value);
        const at = writer.length;
        writer.u32(0);
        this.#writeValue(writer, value);
        writer.patch(at, writer.length - at - 4);
      }
    }
  }

  #readList(reader: ByteReader, open: boolean, depth: number): unknown[] {
    if (depth > deepestList) throw new RangeError('arguments nested too deeply');
    const count = reader.u32();
    // Every part takes a byte at least, so a count beyond that is a lie that must not be allocated.
    if (count > reader.remaining) throw new RangeError('more arguments announced than sent');
    const values: unknown[] = [];
    for (let n = 0; n < count; n += 1) values.push(this.#readPart(reader, open, depth));
    return values;
  }

  #readPart(reader: ByteReader, open: boolean, depth: number): unknown {
    const part = reader.u8();
    if (part === Part.absent) return undefined;
    if (part === Part.list) return this.#readList(reader, open, depth + 1);
    if (part !== Part.value && part !== Part.encoded) throw new RangeError(`unknown part ${part}`);
    const length = reader.u32();
    const from = reader.skip(length);
    // A copy: the value may be stored, and must not keep the frame it came in alive.
    if (part === Part.encoded && !open) return Encoded.copy(reader.buffer, from, from + length);
    return this.#readValue(reader.buffer, from, from + length);
  }
}

/** A view of bytes whose owner must not notice: the unpacker leaves a property on it. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function append(writer: ByteWriter, packed: Packed): void {
  writer.copy(packed, packed.start ?? 0, packed.end ?? packed.length);
}

/** Most texts are of ASCII, of which every byte is a character. */
function readShort(buffer: Buffer, from: number, to: number): string {
  for (let at = from; at < to; at += 1) {
    if (buffer[at]! >= 0x80) return buffer.toString('utf8', from, to);
  }
  return buffer.toString('latin1', from, to);
}

/** Whether a value is a list with an {@link Encoded} within reach; what is deeper is refused like any other instance. */
function holdsEncoded(value: unknown, depth: number): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.some(
      (element) => element instanceof Encoded || (depth < deepestList && holdsEncoded(element, depth + 1)),
    )
  );
}
