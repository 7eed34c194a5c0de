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

/** How deep lists of {@link Encoded} values may be nested in an argument. */
const deepestList = 4;

const Part = { absent: 0, value: 1, encoded: 2, list: 3 } as const;

/**
 * Turns values into bytes and back: msgpack in self-contained messages that keep `undefined`, Map, Set, Date, RegExp,
 * BigInt, Error, typed arrays, Buffer, NaN and cycles. Lost: -0 (becomes 0), array holes (become `undefined`), lone
 * surrogates (become U+FFFD), an own key `__proto__` (becomes `__proto_`), properties named by symbols, and of an Error
 * inside a value its class, unless built in, its stack and its own properties.
 */
export class Codec {
  readonly #packer = new Packr({ structuredClone: true, moreTypes: true, copyBuffers: true });

  /** Encodes a value; one that cannot be sent is `NOT_SERIALIZABLE`, naming the path inside it. */
  encode(value: unknown): Encoded {
    // The packer writes into a buffer that it goes on using: keep a copy of exactly the bytes.
    return new Encoded(Uint8Array.prototype.slice.call(this.#pack(value)));
  }

  decode(encoded: Encoded): unknown {
    return this.#unpack(encoded.bytes);
  }

  /** Encodes a list of arguments, each by itself, leaving {@link Encoded} ones and lists of them as they are. */
  encodeList(values: readonly unknown[]): Uint8Array {
    const writer = new ByteWriter(128);
    this.#writeList(writer, values, 0);
    return writer.finish();
  }

  decodeList(bytes: Uint8Array): unknown[] {
    const reader = new ByteReader(bytes);
    const values = this.#readList(reader, 0);
    if (reader.remaining > 0) throw new RangeError('bytes after the last argument');
    return values;
  }

  /** Encodes what a handler threw, with what can be sent of its properties. Never throws. */
  encodeError(error: unknown): Uint8Array {
    const record = describeThrown(error);
    const packed = attempt(() => this.#pack(record)) ?? this.#pack(bareOf(record));
    return Uint8Array.prototype.slice.call(packed);
  }

  /** Rebuilds what a handler threw: the same name, message, code and properties, and a built-in class where it was one. */
  decodeError(bytes: Uint8Array): unknown {
    return rebuildThrown(this.#unpack(bytes) as ThrownRecord);
  }

  /** The bytes are good until the next call. */
  #pack(value: unknown): Uint8Array {
    try {
      checkSerializable(value);
      return this.#packer.pack(value);
    } catch (cause) {
      if (cause instanceof RouterError) throw cause;
      throw new RouterError('NOT_SERIALIZABLE', `the value cannot be encoded: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  #unpack(bytes: Uint8Array): unknown {
    // A Buffer of its own: what it is decides what the Buffers inside become, and the packer leaves a property on it.
    return this.#packer.unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  #writeList(writer: ByteWriter, values: readonly unknown[], depth: number): void {
    writer.u32(values.length);
    for (const value of values) {
      if (value === undefined) {
        writer.u8(Part.absent);
      } else if (value instanceof Encoded) {
        writer.u8(Part.encoded);
        writer.block(value.bytes);
      } else if (depth < deepestList && holdsEncoded(value, depth + 1)) {
        writer.u8(Part.list);
        this.#writeList(writer, value, depth + 1);
      } else {
        writer.u8(Part.value);
        writer.block(this.#pack(value));
      }
    }
  }

  #readList(reader: ByteReader, depth: number): unknown[] {
    if (depth > deepestList) throw new RangeError('arguments nested too deeply');
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

/** Whether a value is a list with an {@link Encoded} within reach; what is deeper is refused like any other instance. */
function holdsEncoded(value: unknown, depth: number): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.some(
      (element) => element instanceof Encoded || (depth < deepestList && holdsEncoded(element, depth + 1)),
    )
  );
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
  if (prototype === Array.prototype) {
    for (const [index, element] of (value as unknown[]).entries()) {
      check(element, `${path}[${index}]`, seen, depth + 1);
    }
  } else if (prototype === Object.prototype || prototype === null) {
    for (const name of Object.keys(value)) {
      const at = path === '' ? name : `${path}.${name}`;
      check(propertyOf(value, name, at), at, seen, depth + 1);
    }
  } else if (prototype === Map.prototype) {
    for (const [key, element] of value as Map<unknown, unknown>) {
      check(key, `${path}.keys()`, seen, depth + 1);
      check(element, `${path}.get(${typeof key === 'object' ? '…' : String(key)})`, seen, depth + 1);
    }
  } else if (prototype === Set.prototype) {
    for (const element of value as Set<unknown>) check(element, `${path}.values()`, seen, depth + 1);
  } else if (types.isNativeError(value)) {
    // The packer rebuilds an error by its name alone, and these names mislead it.
    if (value.name === 'AggregateError' || value.name in Object.prototype) refuse(path, value);
    check(propertyOf(value, 'cause', `${path}.cause`), `${path}.cause`, seen, depth + 1);
  } else if (!plainData.has(prototype)) {
    refuse(path, value);
  }
}

function propertyOf(value: object, name: string, path: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch (cause) {
    const message = `the value at '${path}' cannot be read: ${messageOf(cause)}`;
    throw new RouterError('NOT_SERIALIZABLE', message, { cause });
  }
}

/** Of exactly these: an instance of a class that extends one of them would come back as something else. */
const plainData: ReadonlySet<unknown> = new Set(
  [
    Date,
    RegExp,
    ArrayBuffer,
    DataView,
    Buffer,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map(({ prototype }) => prototype),
);

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

/** What was thrown: any value, or an error in its parts. */
type ThrownRecord = { readonly value: unknown } | ErrorRecord;

interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ThrownRecord;
  /** Those of an `AggregateError`. */
  readonly errors?: readonly ThrownRecord[];
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Causes below this are left out, and so are errors gathered below the second level: they may go round in circles. */
const deepestCause = 8;
const deepestErrors = 2;

/** Never throws, whatever was thrown: anybody's getters may run here. */
function describeThrown(thrown: unknown, depth = 0): ThrownRecord {
  try {
    if (types.isNativeError(thrown) || thrown instanceof Error) return describeError(thrown, depth);
    return { value: sendable(thrown) ? thrown : String(thrown) };
  } catch {
    return { name: 'Error', message: 'what was thrown cannot be described', properties: {} };
  }
}

function describeError(error: Error, depth: number): ErrorRecord {
  const { name, message, stack, cause } = error;
  const properties: Record<string, unknown> = {};
  for (const property of Object.keys(error)) {
    if (property === 'name' || property === 'cause' || property === 'errors') continue;
    const value = attempt(() => (error as unknown as Record<string, unknown>)[property]);
    // As it is now: a getter may answer otherwise when it is asked again.
    if (value !== undefined && sendable(value)) properties[property] = value;
  }
  const deeper = depth < deepestCause;
  const errors: unknown = error instanceof AggregateError && depth < deepestErrors ? error.errors : undefined;
  return {
    name: String(name),
    message: String(message),
    ...(typeof stack === 'string' ? { stack } : {}),
    ...(cause !== undefined && deeper ? { cause: describeThrown(cause, depth + 1) } : {}),
    ...(Array.isArray(errors) ? { errors: errors.map((each) => describeThrown(each, depth + 1)) } : {}),
    properties,
  };
}

/** What can be sent in any case. */
function bareOf(record: ThrownRecord): ThrownRecord {
  if ('value' in record) return { value: 'what was thrown cannot be sent' };
  return { name: record.name, message: record.message, properties: {} };
}

function sendable(value: unknown): boolean {
  return (
    attempt(() => {
      checkSerializable(value);
      return true;
    }) === true
  );
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function messageOf(thrown: unknown): string {
  return attempt(() => String((thrown as Error).message)) ?? 'no reason given';
}

const builtIn: Readonly<Record<string, ErrorConstructor>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

function rebuildThrown(record: ThrownRecord): unknown {
  if (typeof record !== 'object' || record === null) throw new RangeError('not something thrown');
  if ('value' in record) return record.value;
  const name = String(record.name);
  const error = emptyError(name, record);
  const define = (property: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(error, property, { value, enumerable, writable: true, configurable: true });
  };
  if (error.name !== name) define('name', name, false);
  if (typeof record.stack === 'string') define('stack', record.stack, false);
  if (record.cause !== undefined) define('cause', rebuildThrown(record.cause), false);
  for (const [property, value] of Object.entries(record.properties ?? {})) define(property, value, true);
  return error;
}

function emptyError(name: string, { message, errors }: ErrorRecord): Error {
  if (Array.isArray(errors)) return new AggregateError(errors.map(rebuildThrown), String(message));
  const Class = Object.hasOwn(builtIn, name) ? builtIn[name]! : Error;
  return new Class(String(message));
}
