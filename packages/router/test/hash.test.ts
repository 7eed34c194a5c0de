import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashKey, identityOf, type Key, keyProblem, partitionOf } from '../src/hash.ts';
import { keys, sameKey } from './arbitraries.ts';

/** A pair of keys that is equal half of the time; `rebuilt` shares nothing with the original but its content. */
const pairs = fc.oneof(
  fc.tuple(keys, keys),
  keys.map((key): [Key, Key] => [key, rebuilt(key)]),
);

function rebuilt(key: Key): Key {
  if (Array.isArray(key)) return key.map(rebuilt);
  return Object.is(key, 0) ? -0 : key;
}

/** MurmurHash3_x86_32 as its author wrote it: over bytes. */
function murmur3(bytes: Uint8Array): number {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scramble = (word: number): number => {
    const product = Math.imul(word, 0xcc9e2d51);
    return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
  };
  let hash = 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash ^= scramble(data.getUint32(at, true));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let last = bytes.length - 1; last >= at; last -= 1) tail = (tail << 8) | bytes[last]!;
  hash ^= scramble(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

// Changing any of these breaks every running cluster at its next rolling update.
const golden: [Key, number][] = [
  ['ada', 0x6368b066],
  ['user:42', 0xf6141847],
  ['a', 0x6f49d11a],
  ['grüße 🂡', 0xdf97041d],
  ['\ud800', 0x01655561],
  ['The quick brown fox jumps over the lazy dog', 0xe07db09c],
  [0, 0x3cd6e3f3],
  [1, 0x12bc8390],
  [-1, 0xc7d7061a],
  [2 ** 31, 0x13af15f5],
  [2 ** 31 - 1, 0x1d47c0de],
  [0.5, 0x26fe53c8],
  [-0.5, 0x807c8449],
  [2 ** 53, 0x853240f5],
  [5e-324, 0xab8f2d42],
  [Infinity, 0x005a6085],
  [-Infinity, 0x6683fd93],
  [Number.NaN, 0xbb67ae85],
  [0n, 0x77692815],
  [1n, 0x38288ba8],
  [-1n, 0x1d077807],
  [2n ** 64n, 0x8861cf7e],
  [true, 0x510e527f],
  [false, 0xa54ff53a],
  [null, 0x9b05688c],
  [[], 0x09f45f69],
  [['user', 42], 0x6276ba49],
  [[['user'], 42, null], 0xb7038965],
  [[1, 1n, '1', true], 0x09b07ac7],
];

describe('keyProblem', () => {
  it('has nothing against any key', () => {
    fc.assert(fc.property(keys, (key) => keyProblem(key) === undefined));
  });

  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [{}, 'an object'],
    [new Date(0), 'an object'],
    [Object('text'), 'an object'],
    [Symbol('s'), 'a symbol'],
    [() => 1, 'a function'],
    [['a', () => 1], 'element 1: a function'],
    [['a', ['b', { c: 1 }]], 'element 1: element 1: an object'],
    [[undefined], 'element 0: undefined'],
    [new Array(2), 'element 0: a hole'],
  ])('says what is wrong with %o', (value, problem) => {
    expect(keyProblem(value)).toBe(problem);
  });

  it('allows arrays 32 deep and no deeper', () => {
    const nested = (depth: number): Key => (depth === 0 ? 'core' : [nested(depth - 1)]);
    expect(keyProblem(nested(32))).toBeUndefined();
    expect(keyProblem(nested(33))).toBe('an array nested more than 32 deep, or inside itself');
  });

  it('refuses arrays inside themselves', () => {
    const snake: unknown[] = ['head'];
    snake.push([snake]);
    expect(keyProblem(snake)).toBe('an array nested more than 32 deep, or inside itself');
  });

  it('refuses arrays that are small in memory and endless to walk', () => {
    let lace: Key = ['knot'];
    for (let level = 0; level < 30; level += 1) lace = [lace, lace];
    expect(keyProblem(lace)).toBe('an array of more than 65536 elements in all');
  });
});

describe('identityOf', () => {
  it('is the same exactly for keys that are equal', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const same = new Set([identityOf(a)]).has(identityOf(b));
        expect(same).toBe(sameKey(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not mistake text inside a string for the form of a composite key', () => {
    const alike: Key[] = [
      ['a', 'b'],
      ['a;sb'],
      ['a1:b'],
      ['as1:b'],
      [['a'], 'b'],
      ['[a', 'b]'],
      ['a', 'b', ''],
      [1],
      [1n],
    ];
    expect(new Set(alike.map(identityOf)).size).toBe(alike.length);
  });

  it('is never an object', () => {
    fc.assert(fc.property(keys, (key) => identityOf(key) === null || typeof identityOf(key) !== 'object'));
  });

  it('leaves primitives as they are', () => {
    for (const key of ['', 'ada', 'a\0', 1, 1n, true, null]) expect(identityOf(key)).toBe(key);
  });

  it('keeps strings that look like composite keys apart from these', () => {
    const composite = identityOf(['a']) as string;
    expect(identityOf(composite)).not.toBe(composite);
    expect(identityOf(identityOf(composite) as string)).not.toBe(identityOf(composite));
  });
});

describe('hashKey', () => {
  it('is an unsigned 32-bit number, the same for equal keys', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const hash = hashKey(a);
        expect(hash).toBe(hash >>> 0);
        if (sameKey(a, b)) expect(hashKey(b)).toBe(hash);
      }),
      { numRuns: 2000 },
    );
  });

  it('tells apart what other languages do not', () => {
    const alike: Key[] = ['1', 1, 1n, true, ['1'], [1], [['1']], 'true', 'null', null, false, 0, '', []];
    expect(new Set(alike.map(hashKey)).size).toBe(alike.length);
  });

  it('is MurmurHash3 of the UTF-16LE bytes of a string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(hashKey(text)).toBe(murmur3(Buffer.from(text, 'utf16le')));
      }),
    );
    // From the published test vectors of MurmurHash3_x86_32 with seed 0.
    expect(hashKey('')).toBe(0);
    expect(hashKey('\u4321\u8765')).toBe(0xf55b516b);
    expect(hashKey('\u4321')).toBe(0xa0f7b07a);
    expect(hashKey('\0\0')).toBe(0x2362f9de);
  });

  it.each(golden)('maps %o to the same number for ever', (key, hash) => {
    expect(hashKey(key)).toBe(hash);
  });
});

describe('partitionOf', () => {
  it('is an index below the number of partitions', () => {
    fc.assert(
      fc.property(keys, fc.nat(16), (key, power) => {
        const partition = partitionOf(hashKey(key), 2 ** power);
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(2 ** power);
        expect(Number.isInteger(partition)).toBe(true);
      }),
    );
  });

  it('does not depend on the machine', () => {
    expect(partitionOf(0xffff_ffff, 4096)).toBe(4095);
    expect(partitionOf(0x8000_1234, 4096)).toBe(0x234);
    expect(partitionOf(0xdead_beef, 1)).toBe(0);
  });
});

describe('uniformity', () => {
  const count = 400_000;
  const list = Array.from({ length: count }, (_, index) => index);
  // A linear congruential generator stands in for version 4 UUIDs, so that a failure repeats.
  let state = 42;
  const digits = (): string => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state.toString(16).padStart(8, '0');
  };
  const uuid = (): string => {
    const text = digits() + digits() + digits() + digits();
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
  };
  const families: [string, (index: number) => Key][] = [
    ['user:N', (index) => `user:${index}`],
    ['a path and a padded number', (index) => `/api/v1/items/${String(index).padStart(10, '0')}`],
    ['UUIDs', uuid],
    ['integers', (index) => index],
    ['multiples of 4096', (index) => index * 4096],
    ['milliseconds', (index) => 1_700_000_000_000 + index * 1000],
    ['halves', (index) => index / 2 + 0.25],
    ['bigints', (index) => BigInt(index) << 20n],
    ['composite keys', (index) => ['user', index % 1000, `part-${Math.floor(index / 1000)}`]],
  ];

  it.each(families)('spreads %s over 4096 partitions, by low and by high bits', (_name, keyAt) => {
    const low = new Float64Array(4096);
    const high = new Float64Array(4096);
    for (const index of list) {
      const hash = hashKey(keyAt(index));
      low[partitionOf(hash, 4096)]! += 1;
      high[hash >>> 20]! += 1;
    }
    const expected = count / 4096;
    for (const counts of [low, high]) {
      const chiSquare = counts.reduce((sum, counted) => sum + (counted - expected) ** 2 / expected, 0);
      // 4095 degrees of freedom: mean 4095, deviation 90.5; this is five deviations up.
      expect(chiSquare).toBeLessThan(4550);
    }
  });
});
