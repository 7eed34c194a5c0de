import fc from 'fast-check';
import { Packr } from 'msgpackr/pack';
import { beforeEach, describe, expect, it } from 'vitest';
import { PlainReader } from '../src/plain-reader.ts';

const packr = new Packr({ useRecords: false, moreTypes: true });
let reader: PlainReader;
beforeEach(() => {
  reader = new PlainReader();
});

const pack = (value: unknown): Buffer => Buffer.from(packr.pack(value));
const read = (bytes: Buffer): unknown => reader.read(bytes, 0, bytes.length);
const refused = (bytes: Buffer | readonly number[]): void =>
  void expect(() => read(Buffer.from(bytes))).toThrow(RangeError);

/** Objects of few names, so that many are alike, nearly alike, or alike at first. */
const alike = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom('id', 'name', 'né', '7', '__proto__', 'n'.repeat(40)), tie('value')), {
      maxLength: 5,
    })
    .map((entries) => Object.fromEntries(entries)),
})).object;

describe('a reader of plain messages', () => {
  it('reads what the packer has written as the packer itself would, whatever it has read before', () => {
    const value = fc.oneof(alike, fc.jsonValue() as fc.Arbitrary<unknown>);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), (values) => {
        for (const each of values) {
          const bytes = pack(each);
          expect(read(bytes)).toStrictEqual(packr.unpack(bytes));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads numbers of every width', () => {
    const edges = [0, 31, 32, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31];
    const numbers = [...edges, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].flatMap((n) => [n, -n - 1, n + 0.5]);
    for (const each of [...numbers, Number.NaN, Number.POSITIVE_INFINITY, 5e-324])
      expect(read(pack({ each }))).toEqual({ each });
    expect(read(Buffer.of(0xca, 0x3f, 0xc0, 0, 0))).toBe(1.5);
    // Wider than need be, as another packer may write them.
    expect(
      read(Buffer.of(0xdf, 0, 0, 0, 1, 0xdb, 0, 0, 0, 1, 0x61, 0xdd, 0, 0, 0, 1, 0xd2, 255, 255, 255, 254)),
    ).toEqual({ a: [-2] });
  });

  it('reads texts of every length and alphabet', () => {
    for (const unit of ['a', 'é', '統', '😀', '\ud800']) {
      for (const length of [0, 1, 12, 13, 31, 32, 255, 256, 600, 70_000]) {
        const text = unit.repeat(length);
        expect(read(pack([text, 'end']))).toEqual([packr.unpack(pack(text)), 'end']);
      }
    }
  });

  it('tells apart objects that begin alike', () => {
    const one = { id: 1, name: 'a', at: { x: 1, y: 2 } };
    const others = [
      { id: 2, name: 'b', of: { x: 1, y: 2 } },
      { id: 3, at: 'b', name: { x: 1, y: 2 } },
      { id: 4, name: 'b', at: { x: 1, z: 2 } },
      { id: 5, name: 'b', atlas: { x: 1, y: 2 } },
      { id: 6, name: 'b' },
      { idea: 7, name: 'b', at: 1 },
    ];
    for (const other of others) {
      for (let n = 0; n < 3; n += 1) {
        for (const value of [one, other, other, other, one, one]) {
          const found = read(pack(value)) as object;
          expect(found).toEqual(value);
          expect(Object.keys(found)).toEqual(Object.keys(value));
        }
      }
    }
  });

  it('never gives two readers the same object', () => {
    const bytes = pack({ id: 1, tags: ['a'], at: {} });
    const [one, two] = [read(bytes), read(bytes)] as Record<string, unknown>[];
    one!.id = 2;
    (one!.tags as string[]).push('b');
    one!.more = true;
    expect(two).toEqual({ id: 1, tags: ['a'], at: {} });
    expect(read(bytes)).toEqual({ id: 1, tags: ['a'], at: {} });
  });

  it('reads what lies between other bytes, and nothing of them', () => {
    const inner = pack({ id: 1, name: 'Ada', tags: [1, 2, 'x'.repeat(20)] });
    for (const filler of [0x00, 0x61, 0xa1, 0xff]) {
      const bytes = Buffer.concat([Buffer.alloc(9, filler), inner, Buffer.alloc(64, filler)]);
      expect(reader.read(bytes, 9, 9 + inner.length)).toEqual(packr.unpack(inner));
      for (let to = 9; to < 9 + inner.length; to += 1)
        expect(() => reader.read(bytes, 9, to)).toThrow(RangeError);
      expect(() => reader.read(bytes, 9, 10 + inner.length)).toThrow(RangeError);
    }
  });

  it('refuses what no packer writes for JSON', () => {
    refused([]);
    for (const token of [0xc1, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xcf, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8])
      refused([token, ...Buffer.alloc(32)]);
    // A name that is a number, nothing, or a list.
    for (const name of [[5], [0xc0], [0x91, 0xa1, 0x61]]) refused([0x81, ...name, 1]);
    // More announced than there is.
    for (const token of [0xdb, 0xdd, 0xdf]) refused([token, 255, 255, 255, 255, 1, 1, 1, 1]);
    refused([0x92, 1]);
    refused([1, 1]);
  });

  it('refuses what is nested deeper than any packer would, and goes on', () => {
    const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.of(1)]);
    expect(JSON.stringify(read(nested(201)))).toBe(`${'['.repeat(201)}1${']'.repeat(201)}`);
    refused(nested(202));
    refused(nested(1_000_000));
    expect(read(pack({ a: 1 }))).toEqual({ a: 1 });
  });

  it('refuses what this process cannot have', () => {
    const setter = { configurable: true, set: () => expect.fail('nobody sets this') };
    Object.defineProperty(Object.prototype, 'unset', setter);
    try {
      refused(pack(JSON.parse('{"unset":1}')));
    } finally {
      delete (Object.prototype as { unset?: number }).unset;
    }
    expect(read(pack({ unset: 1 }))).toEqual({ unset: 1 });
  });

  it('gives nobody a prototype', () => {
    const found = read(pack(JSON.parse('{"__proto__":{"admin":true},"a":1}'))) as Record<string, unknown>;
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect(found.admin).toBeUndefined();
    expect(Object.keys(found)).toEqual(['__proto_', 'a']);
  });

  it('answers or refuses whatever bytes it is given, in time that goes with their number', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (messages) => {
        for (const message of messages) {
          try {
            read(Buffer.from(message));
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
        expect(read(pack({ id: 1 }))).toEqual({ id: 1 });
      }),
      { numRuns: 2_000 },
    );
    // Objects within objects of which only the last name differs: what was read is not read again at each level.
    const levels = 150;
    const chain = (last: string): unknown => {
      let value: unknown = 1;
      for (let n = 0; n < levels; n += 1) value = { a: value, [last]: 1 };
      return value;
    };
    expect(read(pack(chain('b')))).toEqual(chain('b'));
    expect(read(pack(chain('c')))).toEqual(chain('c'));
  });
});
