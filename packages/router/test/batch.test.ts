import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Batch } from '../src/batch.ts';
import type { ByteWriter } from '../src/bytes.ts';
import { type Frame, FrameReader, FrameType } from '../src/frame.ts';
import { ManualClock } from '../src/testing/index.ts';

const limit = 200_000;

let clock: ManualClock;
let sent: Frame[];
let batch: Batch;
beforeEach(() => {
  clock = new ManualClock();
  sent = [];
  const reader = new FrameReader(() => limit);
  const connection = {
    pending: 0,
    send: (bytes: Uint8Array) => {
      sent.push(...reader.push(bytes));
    },
    handle: () => {},
    keepAlive: () => {},
    close: () => {},
  };
  batch = new Batch(connection, FrameType.calls, clock, limit);
});

function add(...records: number[]): void {
  for (const record of records) put((writer) => writer.u8(record));
}

function put(write: (writer: ByteWriter) => void, alone = false): void {
  try {
    write(batch.begin());
    batch.end(alone);
  } catch (error) {
    batch.cancel();
    throw error;
  }
}

const bodies = (): number[][] => sent.map(({ body }) => [...body]);

describe('a batch', () => {
  it('sends a record that is alone at once, and others together at the end of the turn', async () => {
    put((writer) => writer.u8(1), true);
    expect(bodies()).toEqual([[1]]);
    add(2, 3);
    put((writer) => writer.u8(4), true);
    expect(bodies()).toEqual([[1]]);
    await clock.advance(0);
    expect(bodies()).toEqual([[1], [2, 3, 4]]);
    await clock.advance(0);
    expect(bodies()).toHaveLength(2);
    expect(sent[0]!.type).toBe(FrameType.calls);
  });

  it('puts 64 records into a frame at most', async () => {
    add(...Array.from({ length: 150 }, (_, index) => index));
    expect(bodies().map(({ length }) => length)).toEqual([64, 64]);
    await clock.advance(0);
    expect(bodies().map(({ length }) => length)).toEqual([64, 64, 22]);
    expect(bodies().flat()).toEqual(Array.from({ length: 150 }, (_, index) => index));
  });

  it('sends a frame that is large enough without waiting for more', () => {
    add(1);
    put((writer) => writer.raw(Buffer.alloc(64 * 1024)));
    expect(sent).toHaveLength(1);
  });

  it('holds the records of a group back until all are there', async () => {
    batch.cork();
    add(1, 2, 3);
    await clock.advance(0);
    expect(bodies()).toEqual([]);
    batch.uncork();
    expect(bodies()).toEqual([[1, 2, 3]]);
  });

  it('keeps nothing of a record that could not be written', async () => {
    batch.cork();
    add(1);
    expect(() =>
      put((writer) => {
        writer.u32(99);
        throw new Error('half a record');
      }),
    ).toThrow('half a record');
    add(2);
    batch.uncork();
    expect(bodies()).toEqual([[1, 2]]);
  });

  it('never exceeds the limit on frames, keeps the order, and refuses only what cannot fit alone', () => {
    const sizes = fc.array(fc.oneof(fc.nat(50), fc.nat(70_000), fc.integer({ min: 199_990, max: 200_010 })));
    fc.assert(
      fc.property(sizes, (list) => {
        sent.length = 0;
        batch.cork();
        const taken: Buffer[] = [];
        for (const [index, size] of list.entries()) {
          const record = Buffer.alloc(size, index);
          const write = (): void => put((writer) => writer.raw(record));
          if (size + 1 > limit) {
            expect(write).toThrow(RangeError);
          } else {
            write();
            taken.push(record);
          }
        }
        batch.uncork();
        const whole = Buffer.concat(sent.map(({ body }) => body));
        expect(whole.equals(Buffer.concat(taken))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
