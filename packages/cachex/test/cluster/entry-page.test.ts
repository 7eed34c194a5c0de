import { Codec, Encoded } from '@cachex/router';
import { hashKey, type Key } from '@cachex/router/hash';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryPage, type PagedEntry, readPage } from '../../src/cluster/entry-page.ts';
import type { Entry } from '../../src/local/store.ts';

const codec = new Codec();
const now = 5_000.25;

const keys: fc.Arbitrary<Key> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ minLength: 300, maxLength: 400 }),
  fc.integer(),
  fc.bigInt(),
  fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1 }),
);
const times = fc.double({ min: 0, max: 2 ** 50, noNaN: true });
const entries = fc.record({
  key: keys,
  value: fc.jsonValue(),
  version: fc.integer({ min: 0, max: 2 ** 52 }),
  modified: fc.double({ min: 0, max: now, noNaN: true }),
  expires: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), times),
  ttl: fc.option(times),
  staleFor: fc.oneof(fc.constant(0), times),
  tags: fc.option(fc.uniqueArray(fc.string(), { minLength: 1 }), { nil: undefined }),
});

type Given = typeof entries extends fc.Arbitrary<infer E> ? E : never;

function pageOf(given: readonly Given[]): EntryPage {
  const page = new EntryPage(codec, now);
  for (const { value, ...rest } of given) {
    const entry: Entry = { ...rest, hash: hashKey(rest.key), value: undefined };
    page.add(entry, codec.encode(value));
  }
  return page;
}

function expected({ key, value, version, modified, expires, ttl, staleFor, tags }: Given): PagedEntry {
  return {
    key,
    hash: hashKey(key),
    value: codec.encode(value),
    version,
    age: now - modified,
    remaining: expires === Number.POSITIVE_INFINITY ? null : expires - now,
    ttl,
    staleFor,
    tags,
  };
}

const one: Given = {
  ...{ key: 'ada', value: { born: 1815 }, version: 7, modified: 1_000, expires: 9_000, ttl: 8_000 },
  ...{ staleFor: 10, tags: ['people'] },
};

describe('a page of entries', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(entries), (given) => {
        const page = pageOf(given);
        const { count } = page;
        expect(count).toBe(given.length);
        expect(readPage(page.finish(), count, codec)).toEqual(given.map(expected));
      }),
    );
  });

  it('keeps nothing of what it came in with its values', () => {
    const long = { ...one, value: 'x'.repeat(10_000) };
    const bytes = pageOf([long]).finish();
    const [entry] = readPage(bytes, 1, codec);
    (bytes.content as Uint8Array).fill(0);
    expect(codec.decode(entry!.value)).toBe(long.value);
  });

  it('is full at some size, and takes one value of any size', () => {
    const page = pageOf([one]);
    expect(page.full).toBe(false);
    const large = pageOf([{ ...one, value: 'x'.repeat(100_000) }]);
    expect(large.full).toBe(true);
    expect(readPage(large.finish(), 1, codec)).toHaveLength(1);
  });

  it.each([
    ['is cut short', (bytes: Uint8Array) => bytes.subarray(0, -1), 1],
    ['has bytes that nobody announced', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.of(0)]), 1],
    ['has fewer entries than it says', (bytes: Uint8Array) => bytes, 2],
    ['has more entries than it says', (bytes: Uint8Array) => bytes, 0],
  ])('is refused if it %s', (_what, change, count) => {
    const bytes = change(pageOf([one]).finish().content as Uint8Array);
    expect(() => readPage(new Encoded(bytes), count, codec)).toThrow(RangeError);
  });

  it.each([
    ['a key that is none', { key: { constructor: 1 } as never }],
    ['a tag that is no text', { tags: [5] as never }],
  ])('is refused with %s', (_what, part) => {
    const page = new EntryPage(codec, now);
    const entry = { ...one, ...part, hash: 1, value: undefined };
    page.add(entry, codec.encode(1));
    expect(() => readPage(page.finish(), 1, codec)).toThrow(RangeError);
  });
});
