import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Column,
  chunkBits,
  chunkSlots,
  float64,
  int32,
  slotsFor,
  uint8,
  uint32,
} from '../../src/local/columns.ts';

/** How many slots there are after each of so many growths. */
function growths(count: number): number[] {
  const sizes = [0];
  for (let n = 0; n < count; n += 1) sizes.push(slotsFor(sizes.at(-1)!));
  return sizes.slice(1);
}

/** A number of its own for every slot, none of them 0. */
const numberOf = (slot: number): number => slot * 3 + 1;

function fill(column: Column<Int32Array>, from: number, to: number): void {
  for (let slot = from; slot < to; slot += 1) column.set(slot, numberOf(slot));
}

describe('the number of slots', () => {
  it('doubles up to the first full chunk, and is whole chunks from there on', () => {
    const sizes = growths(14);
    expect(sizes[0]).toBe(16);
    expect(sizes.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, n) => 16 * 2 ** n));
    expect(sizes.slice(10)).toEqual([1, 2, 3, 4].map((chunks) => chunks * chunkSlots));
    expect(chunkSlots).toBe(2 ** chunkBits);
  });
});

describe('a column', () => {
  it('keeps its numbers while it grows, and has 0 where nothing was set', () => {
    const column = new Column(int32);
    let before = 0;
    for (const slots of growths(13)) {
      column.grow(slots);
      for (let slot = before; slot < slots; slot += 1) {
        if (column.get(slot) !== 0) expect.fail(`slot ${slot} of ${slots} is ${column.get(slot)}`);
      }
      fill(column, before, slots);
      for (let slot = 0; slot < slots; slot += 1) {
        if (column.get(slot) !== numberOf(slot))
          expect.fail(`slot ${slot} of ${slots} is ${column.get(slot)}`);
      }
      before = slots;
    }
    expect(column.chunks.map(({ length }) => length)).toEqual([chunkSlots, chunkSlots, chunkSlots]);
  });

  it('does not move a full chunk when it grows', () => {
    const column = new Column(int32);
    column.grow(chunkSlots);
    const [first] = column.chunks;
    column.grow(2 * chunkSlots);
    expect(column.chunks[0]).toBe(first);
  });

  it('tells the slots on both sides of a border apart', () => {
    const column = new Column(float64);
    column.grow(3 * chunkSlots);
    const borders = [chunkSlots, 2 * chunkSlots].flatMap((slot) => [slot - 1, slot]);
    for (const slot of [0, ...borders, 3 * chunkSlots - 1]) {
      column.set(slot, slot + 0.5);
      expect(column.get(slot)).toBe(slot + 0.5);
    }
    expect(column.chunks[0]![chunkSlots - 1]).toBe(chunkSlots - 0.5);
    expect(column.chunks[1]![0]).toBe(chunkSlots + 0.5);
    expect(column.chunks[0]![0]).toBe(0.5);
  });

  it('may grow by many chunks at once, as one that comes later than the others does', () => {
    const column = new Column(uint32);
    column.grow(16);
    column.set(15, 7);
    column.grow(4 * chunkSlots);
    expect(column.get(15)).toBe(7);
    column.set(4 * chunkSlots - 1, 2 ** 32 - 1);
    expect(column.get(4 * chunkSlots - 1)).toBe(2 ** 32 - 1);
    expect(column.chunks.every(({ length }) => length === chunkSlots)).toBe(true);
  });

  it('is as it was when it is to grow to what it has, or to less', () => {
    const column = new Column(uint8);
    column.grow(64);
    column.set(63, 9);
    const [chunk] = column.chunks;
    column.grow(64);
    column.grow(32);
    expect(column.chunks).toEqual([chunk]);
    expect(column.chunks[0]).toBe(chunk);
    expect(column.get(63)).toBe(9);
  });

  it('counts its bytes', () => {
    const bytes = (column: { grow(slots: number): void; readonly bytes: number }, slots: number): number => {
      column.grow(slots);
      return column.bytes;
    };
    expect(new Column(int32).bytes).toBe(0);
    expect(bytes(new Column(uint8), 32)).toBe(32);
    expect(bytes(new Column(uint32), 32)).toBe(4 * 32);
    expect(bytes(new Column(float64), 3 * chunkSlots)).toBe(8 * 3 * chunkSlots);
  });

  it('lets go of everything, and begins anew with zeros', () => {
    const column = new Column(int32);
    column.grow(2 * chunkSlots);
    fill(column, 0, 2 * chunkSlots);
    column.clear();
    expect([column.bytes, column.chunks]).toEqual([0, []]);
    column.grow(16);
    expect(column.bytes).toBe(4 * 16);
    expect(Array.from({ length: 16 }, (_, slot) => column.get(slot))).toEqual(Array(16).fill(0));
  });

  it('is like one array, however it grows', () => {
    const sizes = growths(13);
    const steps = fc.array(
      fc.oneof(
        fc.record({ grow: fc.constantFrom(...sizes) }),
        fc.record({ at: fc.nat(), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
        fc.constant({ clear: true }),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const column = new Column(int32);
        let slots = 0;
        let model = new Map<number, number>();
        for (const step of all) {
          if ('grow' in step) {
            column.grow(step.grow);
            slots = Math.max(slots, step.grow);
          } else if ('clear' in step) {
            column.clear();
            slots = 0;
            model = new Map();
          } else if (slots > 0) {
            column.set(step.at % slots, step.value);
            model.set(step.at % slots, step.value);
          }
        }
        for (const [slot, value] of model) expect(column.get(slot)).toBe(value);
        expect(column.bytes).toBe(4 * slots);
      }),
    );
  });
});
