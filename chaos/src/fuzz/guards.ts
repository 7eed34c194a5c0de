import { getHeapStatistics } from 'node:v8';
import { Flaw } from './target.ts';

/** How many blocks of code may run for an input, and bytes be taken: so many, and so many for each of its bytes. */
export const mostSteps = (length: number): number => 100_000 + 2_000 * length;
/** With which nobody looks closer, who looks at many inputs together. */
export const usualSteps = (length: number): number => 20_000 + 400 * length;
export const mostMemory = (length: number): number => 16 * 1024 * 1024 + 1_024 * length;

/** Bytes in use, on the heap and beside it. */
export function memory(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

const prototypes = [
  Object,
  Array,
  Function,
  Map,
  Set,
  Error,
  RangeError,
  Date,
  RegExp,
  String,
  Promise,
  Buffer,
];

const shape = (): string =>
  prototypes
    .map((Class) =>
      [Class, Class.prototype].map((each) => Reflect.ownKeys(each).map(String).sort().join()).join(),
    )
    .join('\n');

/** Sees whether what everything is made from has got or lost a property. */
export class Prototypes {
  readonly #before: string = shape();

  check(): void {
    if (shape() !== this.#before) throw new Flaw('a prototype was changed');
  }
}

const allowed: ReadonlySet<unknown> = new Set(
  [
    ...[Object, Array, Map, Set, Date, RegExp, Buffer, ArrayBuffer, DataView, BigInt64Array, BigUint64Array],
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError],
    ...[URIError, AggregateError],
  ].map(({ prototype }) => prototype),
);

/** Everything in a value that was read must be of a class that values can have. */
export function checkClasses(value: unknown): void {
  const seen = new Set<unknown>();
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'function' || typeof next === 'symbol') throw new Flaw(`a ${typeof next} was read`);
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    const prototype: unknown = Object.getPrototypeOf(next);
    if (!allowed.has(prototype)) throw new Flaw(`an instance of ${prototype?.constructor?.name} was read`);
    if (ArrayBuffer.isView(next)) continue;
    if (next instanceof Map) waiting.push(...next.keys(), ...next.values());
    else if (next instanceof Set) waiting.push(...next);
    else for (const name of Object.keys(next)) waiting.push((next as Record<string, unknown>)[name]);
  }
}
