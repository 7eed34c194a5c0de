import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../src/bytes.ts';

type Field =
  | { kind: 'u8'; value: number }
  | { kind: 'u32'; value: number }
  | { kind: 'u48'; value: number }
  | { kind: 'raw'; value: Uint8Array }
  | { kind: 'block'; value: Uint8Array }
  | { kind: 'name'; value: string };

const fields: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  fc.record({ kind: fc.constant('u48' as const), value: fc.maxSafeNat().map((n) => n % 2 ** 48) }),
  fc.record({ kind: fc.constant('raw' as const), value: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('block' as const), value: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('name' as const), value: fc.string({ unit: 'grapheme', maxLength: 20 }) }),
);

function write(writer: ByteWriter, field: Field): void {
  if (field.kind === 'name') writer.name(field.value);
  else if (field.kind === 'raw') writer.raw(field.value);
  else if (field.kind === 'block') writer.block(field.value);
  else if (field.kind === 'u8') writer.u8(field.value);
  else if (field.kind === 'u32') writer.u32(field.value);
  else writer.u48(field.value);
}

function read(reader: ByteReader, field: Field): unknown {
  if (field.kind === 'raw') return new Uint8Array(reader.raw(field.value.length));
  if (field.kind === 'block') return new Uint8Array(reader.block());
  return reader[field.kind]();
}

describe('bytes', () => {
  it('are read as they were written, whatever room there was at first', () => {
    fc.assert(
      fc.property(fc.array(fields), fc.nat(64), (list, capacity) => {
        const writer = new ByteWriter(capacity);
        for (const field of list) write(writer, field);
        const reader = new ByteReader(writer.finish());
        for (const field of list) expect(read(reader, field)).toEqual(field.value);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('cannot be read past their end', () => {
    fc.assert(
      fc.property(fields, fc.nat(), (field, cut) => {
        const writer = new ByteWriter();
        write(writer, field);
        fc.pre(writer.length > 0);
        const reader = new ByteReader(writer.finish().subarray(0, cut % writer.length));
        expect(() => read(reader, field)).toThrow(RangeError);
      }),
      { numRuns: 500 },
    );
  });

  it('are forgotten after a truncation, and can be patched before it', () => {
    const writer = new ByteWriter(4);
    writer.u32(0);
    writer.u8(1);
    writer.raw(Buffer.alloc(1000));
    writer.truncate(5);
    writer.u8(2);
    writer.patch(0, 77);
    expect(writer.written(4)).toEqual(Buffer.of(1, 2));
    expect(writer.finish()).toEqual(Buffer.of(0, 0, 0, 77, 1, 2));
  });

  it('refuse numbers and names that do not fit, instead of writing others', () => {
    const writer = new ByteWriter();
    expect(() => writer.u32(-1)).toThrow(RangeError);
    expect(() => writer.u32(2 ** 32)).toThrow(RangeError);
    expect(() => writer.u48(2 ** 48)).toThrow(RangeError);
    expect(() => writer.name('x'.repeat(256))).toThrow(RangeError);
    expect(() => writer.name('ü'.repeat(128))).toThrow(RangeError);
  });

  it('are read in place, also from the middle of a buffer', () => {
    const whole = new Uint8Array([9, 9, 1, 2, 3, 9]);
    const part = new ByteReader(whole.subarray(2, 5)).raw(3);
    whole[3] = 7;
    expect(part).toEqual(Buffer.of(1, 7, 3));
  });
});
