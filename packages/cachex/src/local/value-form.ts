import { CacheError } from '../errors.ts';

/**
 * How values are held between a write and a read. The engine stores and returns what `hold` made and never looks inside
 * by itself; a facade opens it for the reader. An action that needs the value itself (`incr`) opens and holds it again.
 * Nothing is held as `undefined`: among held values that means "no entry".
 */
export interface ValueForm {
  hold(value: unknown): unknown;
  open(held: unknown): unknown;
  /** How many bytes a held value takes, where that is known. */
  size?(held: unknown): number | undefined;
}

/** Stands for a stored `undefined`. */
const nothing = Symbol('undefined');

/** Values are held by reference: nothing is copied, and a change made through one reference is seen through all. */
export const byReference: ValueForm = {
  hold: (value) => (value === undefined ? nothing : value),
  open: (held) => (held === nothing ? undefined : held),
};

/** Values are copied on their way in and out (`clone: true`), so that nobody can change what the cache holds. */
export const byCopy: ValueForm = {
  hold: (value) => (value === undefined ? nothing : copy(value)),
  open: (held) => (held === nothing ? undefined : copy(held)),
};

function copy(value: unknown): unknown {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return value;
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new CacheError('NOT_SERIALIZABLE', `the value cannot be copied: ${(cause as Error).message}`, {
      cause,
    });
  }
}
