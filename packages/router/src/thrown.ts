import { types } from 'node:util';
import { checkSerializable } from './serializable.ts';

/** What was thrown: any value, or an error in its parts. */
export type ThrownRecord = { readonly value: unknown } | ErrorRecord;

export interface ErrorRecord {
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
export function describeThrown(thrown: unknown, depth = 0): ThrownRecord {
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
export function bareOf(record: ThrownRecord): ThrownRecord {
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

const builtIn: Readonly<Record<string, ErrorConstructor>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

/** Throws `RangeError` on what {@link describeThrown} did not make. Each record is rebuilt once, however often it is there. */
export function rebuildThrown(record: ThrownRecord, rebuilt: Map<ThrownRecord, Error> = new Map()): unknown {
  if (typeof record !== 'object' || record === null) throw new RangeError('not something thrown');
  if ('value' in record) return record.value;
  const known = rebuilt.get(record);
  if (known !== undefined) return known;
  const { name, message, stack, cause, errors, properties } = record;
  if (typeof name !== 'string' || typeof message !== 'string')
    throw new RangeError('an error without a name or a message');
  const error = emptyError(name, message, Array.isArray(errors));
  rebuilt.set(record, error);
  const define = (property: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(error, property, { value, enumerable, writable: true, configurable: true });
  };
  if (error.name !== name) define('name', name, false);
  if (typeof stack === 'string') define('stack', stack, false);
  if (cause !== undefined) define('cause', rebuildThrown(cause, rebuilt), false);
  if (Array.isArray(errors)) {
    const list = errors.map((each: ThrownRecord) => rebuildThrown(each, rebuilt));
    define('errors', list, false);
  }
  for (const [property, value] of Object.entries(properties ?? {})) define(property, value, true);
  return error;
}

function emptyError(name: string, message: string, many: boolean): Error {
  if (many) return new AggregateError([], message);
  const Class = Object.hasOwn(builtIn, name) ? builtIn[name]! : Error;
  return new Class(message);
}
