import { isDeepStrictEqual } from 'node:util';

/** Whether two values have the same content. */
export function sameContent(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** Gives every value a number; values of the same content get the same one. */
export class Numbering {
  readonly #primitives = new Map<unknown, number>();
  readonly #objects: { readonly value: object; readonly number: number }[] = [];
  /** Comparing contents is slow; an object that was seen before is not compared again. */
  readonly #seen = new WeakMap<object, number>();
  #next = 0;

  numberOf(value: unknown): number {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      const known = this.#primitives.get(value);
      if (known !== undefined) return known;
      this.#primitives.set(value, this.#next);
      return this.#next++;
    }
    const seen = this.#seen.get(value);
    if (seen !== undefined) return seen;
    let number = this.#objects.find((other) => isDeepStrictEqual(other.value, value))?.number;
    if (number === undefined) {
      number = this.#next++;
      this.#objects.push({ value, number });
    }
    this.#seen.set(value, number);
    return number;
  }
}
