import { types } from 'node:util';
import { Packr } from 'msgpackr';
import { ByteReader, ByteWriter } from './bytes.ts';
import { RouterError } from './errors.ts';

/**
 * A value in its encoded form. Wherever one stands as an argument or a result it travels as it is: the node in the middle
 * neither decodes nor encodes it.
 */
export class Encoded {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** How deep a value may be nested; deeper ones would exhaust the stack of whoever decodes them. */
const deepest = 200;

const Part = { absent: 0, value: 1, encoded: 2, list: 3 } as const;

/**
 * Turns values into bytes and back: msgpack in self-contained messages that keep `undefined`, Map, Set, Date, RegExp,
 * BigInt, Error, typed arrays, Buffer, NaN and cycles. Lost: -0 (becomes 0), array holes (become `undefined`), lone
 * surrogates (become U+FFFD), and an own key `__proto__` (renamed).
 */
export class Codec {
  readonly #packer = new Packr({ structuredClone: true, moreTypes: true, copyBuffers: true });

  /** Encodes a value; one that cannot be sent is `NOT_SERIALIZABLE`, naming the path inside it. */
  encode(value: unknown): Encoded {
    checkSerializable(value);
    return new Encoded(this.#pack(value));
  }

  decode(encoded: Encoded): unknown {
    return this.#unpack(encoded.bytes);
  }

  /** Encodes a list of arguments, each by itself, leaving {@link Encoded} ones and lists of them as they are. */
  encodeList(values: readonly unknown[]): Uint8Array {
    const writer = new ByteWriter(128);
    this.#writeList(writer, values);
    return writer.finish();
  }

  decodeList(bytes: Uint8Array): unknown[] {
    const reader = new ByteReader(bytes);
    const values = this.#readList(reader, 0);
    if (reader.remaining > 0) throw new RangeError('bytes after the last argument');
    return values;
  }

  /** Encodes what a handler threw, with what can be sent of its properties. */
  encodeError(error: unknown): Uint8Array {
    return this.#pack(describeError(error, 0));
  }

  /** Rebuilds what a handler threw: the same name, message, code and properties, and a built-in class where it was one. */
  decodeError(bytes: Uint8Array): unknown {
    return rebuildError(this.#unpack(bytes) as ErrorRecord);
  }

  #pack(value: unknown): Uint8Array {
    // The packer writes into a buffer that it goes on using: keep a copy of exactly the bytes.
    return Uint8Array.prototype.slice.call(this.#packer.pack(value));
  }

  #unpack(bytes: Uint8Array): unknown {
    return this.#packer.unpack(bytes);
  }

  #writeList(writer: ByteWriter, values: readonly unknown[]): void {
    writer.u32(values.length);
    for (const value of values) {
      if (value === undefined) {
        writer.u8(Part.absent);
      } else if (value instanceof Encoded) {
        writer.u8(Part.encoded);
        writer.block(value.bytes);
      } else if (Array.isArray(value) && value.some(holdsEncoded)) {
        writer.u8(Part.list);
        this.#writeList(writer, value);
      } else {
        checkSerializable(value);
        writer.u8(Part.value);
        writer.block(this.#packer.pack(value));
      }
    }
  }

  #readList(reader: ByteReader, depth: number): unknown[] {
    if (depth > 3) throw new RangeError('arguments nested too deeply');
    const count = reader.u32();
    // Every part takes a byte at least, so a count beyond that is a lie that must not be allocated.
    if (count > reader.remaining) throw new RangeError('more arguments announced than sent');
    const values: unknown[] = [];
    for (let n = 0; n < count; n += 1) values.push(this.#readPart(reader, depth));
    return values;
  }

  #readPart(reader: ByteReader, depth: number): unknown {
    const part = reader.u8();
    switch (part) {
      case Part.absent:
        return undefined;
      case Part.value:
        return this.#unpack(reader.block());
      case Part.encoded:
        // A copy: the value may be stored, and must not keep the frame it came in alive.
        return new Encoded(Uint8Array.prototype.slice.call(reader.block()));
      case Part.list:
        return this.#readList(reader, depth + 1);
      default:
        throw new RangeError(`unknown part ${part}`);
    }
  }
}

function holdsEncoded(value: unknown): boolean {
  return value instanceof Encoded || (Array.isArray(value) && value.some(holdsEncoded));
}

/** Refuses with `NOT_SERIALIZABLE` what a codec would drop, flatten or choke on. Codecs drop functions silently. */
function checkSerializable(value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') refuse('', value);
    return;
  }
  check(value, '', new Set(), 0);
}

function check(value: unknown, path: string, seen: Set<object>, depth: number): void {
  if (typeof value === 'function' || typeof value === 'symbol') refuse(path, value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  if (depth > deepest) {
    throw new RouterError('NOT_SERIALIZABLE', `the value is nested deeper than ${deepest} levels at ${path}`);
  }
  seen.add(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) check(element, `${path}[${index}]`, seen, depth + 1);
  } else if (prototype === Object.prototype || prototype === null) {
    for (const name of Object.keys(value)) {
      check(
        (value as Record<string, unknown>)[name],
        path === '' ? name : `${path}.${name}`,
        seen,
        depth + 1,
      );
    }
  } else if (prototype === Map.prototype) {
    for (const [key, element] of value as Map<unknown, unknown>) {
      check(key, `${path}.keys()`, seen, depth + 1);
      check(element, `${path}.get(${typeof key === 'object' ? '…' : String(key)})`, seen, depth + 1);
    }
  } else if (prototype === Set.prototype) {
    for (const element of value as Set<unknown>) check(element, `${path}.values()`, seen, depth + 1);
  } else if (types.isNativeError(value)) {
    check((value as Error).cause, `${path}.cause`, seen, depth + 1);
  } else if (!isPlainData(value)) {
    refuse(path, value);
  }
}

function isPlainData(value: object): boolean {
  return (
    types.isDate(value) || types.isRegExp(value) || types.isArrayBuffer(value) || ArrayBuffer.isView(value)
  );
}

function refuse(path: string, value: unknown): never {
  const where = path === '' ? 'the value itself' : `the value at '${path}'`;
  throw new RouterError(
    'NOT_SERIALIZABLE',
    `${where} is ${describeKind(value)}, which cannot be sent to another node`,
  );
}

function describeKind(value: unknown): string {
  if (typeof value === 'function') return `a function${value.name === '' ? '' : ` (${value.name})`}`;
  if (typeof value === 'symbol') return 'a symbol';
  if (value instanceof Promise) return 'a promise (await it first)';
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef)
    return 'a weak collection';
  const name = (value as object).constructor?.name;
  return `an instance of ${name === undefined || name === '' ? 'a class' : name}`;
}

interface ErrorRecord {
  readonly thrown?: unknown;
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string | undefined;
  readonly cause?: ErrorRecord;
  readonly properties?: Record<string, unknown>;
}

function describeError(error: unknown, depth: number): ErrorRecord {
  if (!(error instanceof Error)) return { thrown: sendable(error) ? error : String(error) };
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error)) {
    if (name !== 'name' && name !== 'cause' && sendable(value)) properties[name] = value;
  }
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    properties,
    ...(error.cause === undefined || depth > 8 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

function sendable(value: unknown): boolean {
  try {
    checkSerializable(value);
    return true;
  } catch {
    return false;
  }
}

const builtIn: Readonly<Record<string, ErrorConstructor>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

function rebuildError(record: ErrorRecord): unknown {
  if (record.message === undefined) return record.thrown;
  const name = String(record.name);
  const Class = Object.hasOwn(builtIn, name) ? builtIn[name]! : Error;
  const error = new Class(record.message);
  const define = (property: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(error, property, { value, enumerable, writable: true, configurable: true });
  };
  if (error.name !== name) define('name', name, false);
  if (typeof record.stack === 'string') define('stack', record.stack, false);
  if (record.cause !== undefined) define('cause', rebuildError(record.cause), false);
  for (const [property, value] of Object.entries(record.properties ?? {})) define(property, value, true);
  return error;
}
