/** What the keys of a run are. */
export type KeyKind =
  /** Strings built anew for each access: V8 has to hash each of them, as it has to in an application that builds its keys. */
  | 'fresh'
  /** The same string objects again and again: V8 keeps their hash within them. */
  | 'reused'
  | 'integer';

/** Spreads ids over all numbers of 32 bits, each to another one: fmix32 of MurmurHash3. */
function scrambled(id: number): number {
  let mixed = id ^ (id >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const a = 97;

/**
 * The key of an id, of 20 characters: `session:` and twelve letters. Made of character codes it is one flat string that
 * nobody has hashed yet; concatenation would leave the flattening to whoever uses it first.
 */
export function freshKey(id: number): string {
  const low = scrambled(id);
  const high = Math.imul(id, 0x9e3779b1);
  // biome-ignore format: two lines say what it is made of, twenty would not.
  return String.fromCharCode(
    115, 101, 115, 115, 105, 111, 110, 58,
    a + (high >>> 28), a + ((high >>> 24) & 15), a + ((high >>> 20) & 15), a + ((high >>> 16) & 15),
    a + (low >>> 28), a + ((low >>> 24) & 15), a + ((low >>> 20) & 15), a + ((low >>> 16) & 15),
    a + ((low >>> 12) & 15), a + ((low >>> 8) & 15), a + ((low >>> 4) & 15), a + (low & 15),
  );
}

/** The keys of the ids below `universe`. */
export function keysOf(kind: KeyKind, universe: number): (id: number) => string | number {
  if (kind === 'fresh') return freshKey;
  if (kind === 'integer') return (id) => id;
  const table = Array.from({ length: universe }, (_, id) => freshKey(id));
  // Hashed once, so that no access that is timed is the first one.
  new Set(table).clear();
  return (id) => table[id]!;
}
