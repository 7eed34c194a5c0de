import { deepest, messageOf } from './serializable.ts';

/** A name of a property, with the bytes that it is written in, mark and all. */
interface Name {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** An object as it was made before, with the names of its properties in their order. */
interface Shape {
  readonly names: readonly Name[];
  /** Has these properties. A copy of it is made sooner than an object is that gets them one by one. */
  readonly model: Readonly<Record<string, unknown>>;
  /** How many objects in a row had others. */
  misses: number;
}

/** Room for so many is made at once: V8 makes it for 17 where a list grows, and what is announced may be a lie. */
const shortList = 16;

/** How many names and shapes are remembered; powers of two. What has another one's place takes it. */
const mostNames = 1024;
const mostShapes = 64;
/** Larger objects are rarely alike, and longer names rarely come again. */
const mostProperties = 32;
const longestName = 64;

/** Of so few bytes one text is made, of which the texts in it are cut, sooner than each is made. They may keep it alive. */
const longestWhole = 256;

const [noBytes, nothing]: [Buffer, string] = [Buffer.alloc(0), ''];

/**
 * Reads plain messages: msgpack of JSON types alone. A cache has many values of few shapes, so names and shapes of objects are
 * remembered, and compared with bytes instead of being read; that, and looking at each byte but once, takes half the time of a
 * general reader. It trusts nobody: whatever the packer would not have written for JSON is a `RangeError`.
 */
export class PlainReader {
  #bytes = noBytes;
  #at = 0;
  #end = 0;
  /** All of a small message, a character a byte, and where it begins. */
  #whole = nothing;
  #base = 0;
  #depth = 0;
  readonly #names: (Name | undefined)[] = new Array(mostNames).fill(undefined);
  readonly #shapes: (Shape | undefined)[] = new Array(mostShapes).fill(undefined);
  readonly #double = new Float64Array(1);
  readonly #doubleBytes = new Uint8Array(this.#double.buffer);

  /** Reads the one message that a range of bytes must be. Throws `RangeError`. */
  read(bytes: Buffer, from: number, to: number): unknown {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.#base = from;
    this.#depth = 0;
    this.#whole = to - from <= longestWhole ? bytes.toString('latin1', from, to) : nothing;
    try {
      const value = this.#value();
      if (this.#at !== to) throw new RangeError('bytes after a value');
      return value;
    } catch (cause) {
      // A text may be longer than any can be, and the prototype of all objects frozen.
      if (cause instanceof RangeError) throw cause;
      throw new RangeError(`a value that cannot be read: ${messageOf(cause)}`, { cause });
    } finally {
      this.#bytes = noBytes;
      this.#whole = nothing;
    }
  }

  #value(): unknown {
    if (this.#at >= this.#end) throw short();
    const token = this.#bytes[this.#at]!;
    this.#at += 1;
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token < 0x90) return this.#object(token & 0xf);
    if (token < 0xa0) return this.#list(token & 0xf);
    if (token < 0xc0) return this.#text(token & 0x1f);
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#bytes.readFloatBE(this.#skip(4));
      case 0xcb:
        return this.#float();
      case 0xcc:
        return this.#number(1);
      case 0xcd:
        return this.#number(2);
      case 0xce:
        return this.#number(4);
      case 0xd0:
        return (this.#number(1) << 24) >> 24;
      case 0xd1:
        return (this.#number(2) << 16) >> 16;
      case 0xd2:
        return this.#number(4) | 0;
      case 0xd9:
        return this.#text(this.#number(1));
      case 0xda:
        return this.#text(this.#number(2));
      case 0xdb:
        return this.#text(this.#number(4));
      case 0xdc:
        return this.#list(this.#number(2));
      case 0xdd:
        return this.#list(this.#number(4));
      case 0xde:
        return this.#object(this.#number(2));
      case 0xdf:
        return this.#object(this.#number(4));
      default:
        throw new RangeError(`a token ${token} that is never sent`);
    }
  }

  /** Goes past so many bytes; answers where they begin. */
  #skip(bytes: number): number {
    const from = this.#at;
    if (bytes > this.#end - from) throw short();
    this.#at = from + bytes;
    return from;
  }

  #number(width: 1 | 2 | 4): number {
    const from = this.#skip(width);
    const bytes = this.#bytes;
    if (width === 1) return bytes[from]!;
    const high = (bytes[from]! << 8) | bytes[from + 1]!;
    return width === 2 ? high : high * 0x10000 + ((bytes[from + 2]! << 8) | bytes[from + 3]!);
  }

  #float(): number {
    const from = this.#skip(8);
    const [bytes, to] = [this.#bytes, this.#doubleBytes];
    for (let n = 0; n < 8; n += 1) to[7 - n] = bytes[from + n]!;
    return this.#double[0]!;
  }

  #text(length: number): string {
    const from = this.#skip(length);
    const bytes = this.#bytes;
    const to = this.#at;
    let union = 0;
    for (let at = from; at < to; at += 1) union |= bytes[at]!;
    if (union >= 0x80) return bytes.toString('utf8', from, to);
    return this.#ascii(from, to);
  }

  #ascii(from: number, to: number): string {
    if (this.#whole === nothing) return this.#bytes.toString('latin1', from, to);
    return this.#whole.slice(from - this.#base, to - this.#base);
  }

  #list(length: number): unknown[] {
    // Each takes a byte at least.
    if (length > this.#end - this.#at) throw short();
    this.#descend();
    const list: unknown[] = length <= shortList ? new Array(length) : [];
    for (let n = 0; n < length; n += 1) list[n] = this.#value();
    this.#depth -= 1;
    return list;
  }

  #object(properties: number): object {
    if (properties > (this.#end - this.#at) / 2) throw short();
    this.#descend();
    const object =
      properties === 0 || properties > mostProperties
        ? this.#strange({}, 0, properties)
        : this.#known(properties);
    this.#depth -= 1;
    return object;
  }

  #descend(): void {
    this.#depth += 1;
    if (this.#depth > deepest + 1) throw new RangeError(`a value nested deeper than ${deepest} levels`);
  }

  /** An object that may be like one before. */
  #known(properties: number): object {
    const [bytes, at] = [this.#bytes, this.#at];
    const place = (properties * 7 + bytes[at]! + bytes[at + 1]! * 3) & (mostShapes - 1);
    const shape = this.#shapes[place];
    if (shape === undefined || shape.names.length !== properties) return this.#learned(place, properties);
    const { names, model } = shape;
    const object: Record<string, unknown> = { ...model };
    for (let n = 0; n < properties; n += 1) {
      const name = names[n]!;
      if (!this.#matches(name.bytes)) {
        shape.misses += 1;
        if (shape.misses > 1) this.#shapes[place] = undefined;
        return this.#diverged(object, names, n, properties);
      }
      object[name.text] = this.#value();
    }
    shape.misses = 0;
    return object;
  }

  /** Whether these are the next bytes; if so, goes past them. */
  #matches(name: Uint8Array): boolean {
    const { length } = name;
    const [bytes, at] = [this.#bytes, this.#at];
    if (length > this.#end - at) return false;
    for (let n = 0; n < length; n += 1) {
      if (bytes[at + n] !== name[n]) return false;
    }
    this.#at = at + length;
    return true;
  }

  /** The first properties were those of a shape, the others are not. What was read is not read again. */
  #diverged(like: Record<string, unknown>, names: readonly Name[], read: number, properties: number): object {
    const object: Record<string, unknown> = {};
    for (const { text } of names.slice(0, read)) object[text] = like[text];
    return this.#strange(object, read, properties);
  }

  /** An object of which a shape is made. */
  #learned(place: number, properties: number): object {
    const names: Name[] = [];
    const object = this.#strange({}, 0, properties, names);
    if (names.some(({ bytes }) => bytes.length > longestName)) return object;
    const model: Record<string, unknown> = {};
    for (const { text } of names) model[text] = undefined;
    this.#shapes[place] = { names, model, misses: 0 };
    return object;
  }

  #strange(object: Record<string, unknown>, read: number, properties: number, names?: Name[]): object {
    for (let n = read; n < properties; n += 1) {
      const name = this.#name();
      names?.push(name);
      object[name.text] = this.#value();
    }
    return object;
  }

  #name(): Name {
    const from = this.#at;
    const length = this.#lengthOfName();
    const start = this.#skip(length);
    const bytes = this.#bytes;
    const to = this.#at;
    if (length === 0 || length > longestName) return this.#newName(from, start, to);
    const place =
      (length + bytes[start]! * 31 + bytes[to - 1]! * 131 + bytes[(start + to) >> 1]! * 521) &
      (mostNames - 1);
    const known = this.#names[place];
    if (known !== undefined && known.bytes.length === to - from) {
      this.#at = from;
      if (this.#matches(known.bytes)) return known;
      this.#at = to;
    }
    const name = this.#newName(from, start, to);
    this.#names[place] = name;
    return name;
  }

  #lengthOfName(): number {
    const token = this.#number(1);
    if (token >= 0xa0 && token < 0xc0) return token & 0x1f;
    if (token === 0xd9) return this.#number(1);
    if (token === 0xda) return this.#number(2);
    if (token === 0xdb) return this.#number(4);
    throw new RangeError('a property whose name is no text');
  }

  #newName(from: number, start: number, to: number): Name {
    const text = this.#bytes.toString('utf8', start, to);
    // This one would be the object's prototype.
    return {
      bytes: Uint8Array.prototype.slice.call(this.#bytes, from, to),
      text: text === '__proto__' ? '__proto_' : text,
    };
  }
}

function short(): RangeError {
  return new RangeError('a value that is cut short');
}
