/**
 * How values are held between a write and a read. The engine stores and returns what `hold` made and never looks inside
 * by itself; a facade opens it for the reader. An action that needs the value itself (`incr`) opens and holds it again.
 */
export interface ValueForm {
  hold(value: unknown): unknown;
  open(held: unknown): unknown;
}

/** Values are held by reference: nothing is copied, and a change made through one reference is seen through all. */
export const byReference: ValueForm = { hold: (value) => value, open: (held) => held };

/** Values are copied on their way in and out (`clone: true`), so that nobody can change what the cache holds. */
export const byCopy: ValueForm = { hold: (value) => structuredClone(value), open: (held) => structuredClone(held) };
