import { types } from 'node:util';
import { RouterError } from './errors.ts';

/** How deep a value may be nested; deeper ones would exhaust the stack of whoever decodes them. */
export const deepest = 200;

/** A larger object may be more than a plain encoding can count. */
const mostPlain = 10_000;

/** Among so few objects a list is searched faster than a set. */
const fewObjects = 16;

/** The objects that were met on a walk. */
class Met {
  readonly #few: object[] = [];
  #many: Set<object> | undefined;

  /** Notes an object; answers whether it is a new one. */
  add(value: object): boolean {
    if (this.#many !== undefined) {
      if (this.#many.has(value)) return false;
      this.#many.add(value);
    } else {
      if (this.#few.includes(value)) return false;
      this.#few.push(value);
      if (this.#few.length > fewObjects) this.#many = new Set(this.#few);
    }
    return true;
  }
}

/**
 * Whether a value is made of JSON types alone, a tree of no great depth: then the plainest encoding keeps it. It answers no
 * in doubt, as about getters that throw.
 */
export function isPlain(value: unknown): boolean {
  try {
    return plain(value, new Met(), 0);
  } catch {
    return false;
  }
}

function plain(value: unknown, met: Met, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true;
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  // What is there twice, or within itself, must come back so.
  if (depth > deepest || !met.add(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    const names = Object.keys(value);
    if (names.length > mostPlain) return false;
    for (const name of names) {
      // Codecs look at these two to tell what an object is.
      if (name === 'constructor' || name === 'toJSON') return false;
      if (!plain((value as Record<string, unknown>)[name], met, depth + 1)) return false;
    }
    return true;
  }
  if (prototype !== Array.prototype) return false;
  const list = value as readonly unknown[];
  for (let index = 0; index < list.length; index += 1) {
    if (!plain(list[index], met, depth + 1)) return false;
  }
  return true;
}

/** Refuses with `NOT_SERIALIZABLE` what a codec would drop, flatten or choke on. Codecs drop functions silently. */
export function checkSerializable(value: unknown): void {
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

/** The message of whatever was thrown; its getter may throw as well. */
export function messageOf(thrown: unknown): string {
  try {
    return String((thrown as Error).message);
  } catch {
    return 'no reason given';
  }
}
