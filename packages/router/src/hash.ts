/**
 * What can name an entry. Composite keys compare by content; `1`, `'1'`, `1n` and `['1']` are four keys, `-0` is `0` and
 * `NaN` equals `NaN`. Arrays nest at most 32 deep and hold at most 65,536 elements in all.
 */
export type Key = string | number | bigint | boolean | null | readonly Key[];

const deepest = 32;
const largest = 65_536;

const tooDeep = `an array nested more than ${deepest} deep, or inside itself`;
const tooLarge = `an array of more than ${largest} elements in all`;

/** Says in a short phrase why a value is not a {@link Key}: `'an object'`, `'element 1: a function'`. */
export function keyProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return undefined;
    case 'undefined':
      return 'undefined';
    case 'object':
      if (value === null) return undefined;
      return Array.isArray(value) ? arrayProblem(value, 1, { left: largest }) : 'an object';
    default:
      return `a ${typeof value}`;
  }
}

/** Counts elements over the whole key: arrays that share parts can be small in memory and endless to walk. */
function arrayProblem(
  array: readonly unknown[],
  depth: number,
  budget: { left: number },
): string | undefined {
  if (depth > deepest) return tooDeep;
  budget.left -= array.length;
  if (budget.left < 0) return tooLarge;
  for (let index = 0; index < array.length; index += 1) {
    const element = array[index];
    if (typeof element === 'string' || typeof element === 'number') continue;
    if (element === undefined && !(index in array)) return `element ${index}: a hole`;
    const problem = Array.isArray(element) ? arrayProblem(element, depth + 1, budget) : keyProblem(element);
    if (problem === undefined) continue;
    return problem === tooDeep || problem === tooLarge ? problem : `element ${index}: ${problem}`;
  }
  return undefined;
}

// Each type starts from its own seed, so that `1`, `'1'`, `1n` and `['1']` part ways. Never change these: every node of a
// cluster must compute the same hash, whatever version it runs. Strings have seed 0, that of MurmurHash3's test vectors.
const textSeed = 0;
const integerSeed = 0x3c6ef372;
const doubleSeed = 0x5be0cd19;
const bigintSeed = 0x1f83d9ab;
const arraySeed = 0x6a09e667;
const nullHash = 0x9b05688c;
const trueHash = 0x510e527f;
const falseHash = 0xa54ff53a;
const nanHash = 0xbb67ae85;

const double = new DataView(new ArrayBuffer(8));

/**
 * Hashes a key to an unsigned 32-bit number that is the same on every machine and in every version. Strings:
 * MurmurHash3_x86_32 (Austin Appleby) of their UTF-16LE bytes, lone surrogates included.
 */
export function hashKey(key: Key): number {
  // Apart from the rest, so that it is small enough to become a part of whatever hashes strings.
  return bitsOf(key) >>> 0;
}

/** Signed, because a number of 32 bits without a sign is made on the heap where it is the answer of a function. */
function bitsOf(key: Key): number {
  return typeof key === 'string' ? hashText(key, textSeed) : hashOther(key);
}

function hashOther(key: Exclude<Key, string>): number {
  if (typeof key === 'number') {
    const integer = key | 0;
    return integer === key ? finish(integer ^ integerSeed) : hashDouble(key);
  }
  if (typeof key === 'bigint') return hashText(key.toString(16), bigintSeed);
  if (typeof key === 'boolean') return key ? trueHash : falseHash;
  if (key === null) return nullHash;
  let hash = arraySeed;
  for (let index = 0; index < key.length; index += 1) hash = mix(hash, bitsOf(key[index]!));
  return finish(hash ^ key.length);
}

/** The partition a hash falls in; `partitions` is a power of two. */
export function partitionOf(hash: number, partitions: number): number {
  return hash & (partitions - 1);
}

function hashText(text: string, seed: number): number {
  const { length } = text;
  const paired = length & ~1;
  let hash = seed;
  for (let index = 0; index < paired; index += 2) {
    // `mix`, written out for the same reason.
    let word = text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16);
    word = Math.imul(word, 0xcc9e2d51);
    hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  if (paired !== length) hash ^= scramble(text.charCodeAt(paired));
  return finish(hash ^ (length << 1));
}

function hashDouble(value: number): number {
  // The bits of a NaN are up to the machine.
  if (Number.isNaN(value)) return nanHash;
  double.setFloat64(0, value);
  return finish(mix(mix(doubleSeed, double.getUint32(4)), double.getUint32(0)));
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function mix(hash: number, word: number): number {
  const mixed = hash ^ scramble(word);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** MurmurHash3's fmix32: every bit of the input changes every bit of the output with probability one half. */
function finish(hash: number): number {
  let bits = hash;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/**
 * The primitive that stands for a key in a `Map`: two keys are equal exactly when their identities are. Primitives stand
 * for themselves, except strings that begin with `'\0'`, which is how the text of a composite key begins.
 */
export function identityOf(key: Key): string | number | bigint | boolean | null {
  if (typeof key === 'string') return key.charCodeAt(0) === 0 ? `\0${key}` : key;
  return typeof key === 'object' && key !== null ? `\0${arrayText(key)}` : key;
}

/** A prefix code: strings carry their length, numbers an end mark, so that no two keys have the same text. */
function arrayText(array: readonly Key[]): string {
  let text = '[';
  for (let index = 0; index < array.length; index += 1) text += elementText(array[index]!);
  return `${text}]`;
}

function elementText(element: Key): string {
  switch (typeof element) {
    case 'string':
      return `s${element.length}:${element}`;
    case 'number':
      return `n${element};`;
    case 'bigint':
      return `i${element.toString(16)};`;
    case 'boolean':
      return element ? 't' : 'f';
    default:
      return element === null ? 'z' : arrayText(element);
  }
}
