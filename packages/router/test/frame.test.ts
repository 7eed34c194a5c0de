import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../src/bytes.ts';
import {
  FrameReader,
  FrameType,
  finishFrame,
  jsonFrame,
  type Reply,
  type Request,
  readRequests,
  startFrame,
  writeReply,
} from '../src/frame.ts';
import { codec, repliesOf, writeCall } from './links.ts';

const ids = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const block = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
const bits = fc.uint8Array({ minLength: 1, maxLength: 80 }).map((bytes) => Buffer.from(bytes));
const name = fc.string({ unit: 'grapheme', maxLength: 12 });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const part = fc.oneof(
  fc.constant(undefined),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.integer(),
  fc.record({ a: fc.boolean() }),
  fc.string({ maxLength: 20 }).map((text) => codec.encode(text)),
);

const requests: fc.Arbitrary<Request> = fc.record(
  {
    id: ids,
    budget: u32,
    target: fc.oneof(
      fc.constant({ kind: 'node' as const }),
      fc.record({ kind: fc.constant('key' as const), hash: u32 }),
      fc.record({ kind: fc.constant('partitions' as const), set: block }),
    ),
    repeatable: fc.boolean(),
    retryOf: ids,
    hint: fc.integer({ min: 1, max: 3 }),
    service: name,
    handler: name,
    args: fc.array(part, { maxLength: 4 }),
  },
  { requiredKeys: ['id', 'budget', 'target', 'repeatable', 'service', 'handler', 'args'] },
);

const replies: fc.Arbitrary<Reply> = fc.oneof(
  fc.record({ kind: fc.constant('result' as const), value: part }),
  fc.record({ kind: fc.constant('result' as const), covered: bits, value: part }),
  fc.record({ kind: fc.constant('result' as const), value: part, note: u32 }),
  fc.record({ kind: fc.constant('thrown' as const), error: fc.string() }),
  fc.record({ kind: fc.constant('wrongOwner' as const), epoch: ids }),
  fc.record({ kind: fc.constant('refused' as const), code: name, message: fc.string({ unit: 'grapheme' }) }),
);

const frames = fc.array(fc.record({ type: fc.integer({ min: 1, max: 8 }), body: block }), { maxLength: 8 });

function encode({ type, body }: { type: number; body: Uint8Array }): Buffer {
  const writer = startFrame(type as FrameType);
  writer.raw(body);
  return finishFrame(writer);
}

/** Cuts a stream at the given places. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end));
}

describe('a reader of frames', () => {
  it('finds the same frames however the stream is cut into chunks', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat()), (list, places) => {
        const reader = new FrameReader(() => 1000);
        const found = cut(Buffer.concat(list.map(encode)), places).flatMap((chunk) => reader.push(chunk));
        expect(found).toEqual(list);
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds a large frame that comes byte by byte, and the next one', () => {
    const stream = Buffer.concat([
      encode({ type: 4, body: Buffer.alloc(3000, 5) }),
      encode({ type: 6, body: Buffer.of(1) }),
    ]);
    const reader = new FrameReader(() => 4000);
    const found = Array.from(stream, (byte) => reader.push(Uint8Array.of(byte))).flat();
    expect(found.map(({ type, body }) => [type, body.length])).toEqual([
      [4, 3000],
      [6, 1],
    ]);
  });

  it('takes a frame of exactly the limit and refuses a longer one at its header', () => {
    const reader = (): FrameReader => new FrameReader(() => 100);
    expect(reader().push(encode({ type: 4, body: Buffer.alloc(99) }))).toHaveLength(1);
    const long = encode({ type: 4, body: Buffer.alloc(100) });
    expect(() => reader().push(long.subarray(0, 4))).toThrow(RangeError);
    expect(() => reader().push(Buffer.of(0xff, 0xff, 0xff, 0xff))).toThrow(RangeError);
    expect(() => reader().push(Buffer.of(0, 0, 0, 0))).toThrow(RangeError);
  });

  it('asks for the limit at each frame', () => {
    let limit = 10;
    const reader = new FrameReader(() => limit);
    reader.push(encode({ type: 1, body: Buffer.alloc(5) }));
    limit = 1000;
    expect(reader.push(encode({ type: 4, body: Buffer.alloc(500) }))).toHaveLength(1);
  });

  it('holds no more than what has arrived', () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 100 }, () => new FrameReader(() => 2 ** 31));
    for (const reader of readers) expect(reader.push(Buffer.of(0x7f, 0xff, 0xff, 0xff, 4))).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  it('reads a body of JSON', () => {
    const [frame] = new FrameReader(() => 100).push(jsonFrame(FrameType.hello, { a: 'ü' }));
    expect(JSON.parse(frame!.body.toString())).toEqual({ a: 'ü' });
  });
});

function bodyOf<T>(list: readonly T[], write: (writer: ByteWriter, each: T) => void): Buffer {
  const writer = new ByteWriter();
  for (const each of list) write(writer, each);
  return writer.finish();
}

describe('requests and replies', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(requests), fc.array(fc.record({ id: ids, reply: replies })), (asked, answered) => {
        expect(readRequests(bodyOf(asked, writeCall), codec)).toEqual(asked);
        expect(
          repliesOf(bodyOf(answered, (writer, { id, reply }) => writeReply(writer, id, reply, codec))),
        ).toEqual(answered);
      }),
      { numRuns: 500 },
    );
  });

  it('carry the time that remains in whole milliseconds: never less than there is, never below zero', () => {
    const sent = (budget: number): number => {
      const request: Request = {
        id: 1,
        budget,
        target: { kind: 'node' },
        repeatable: true,
        service: 's',
        handler: 'h',
        args: [],
      };
      return readRequests(bodyOf([request], writeCall), codec)[0]!.budget;
    };
    expect([0.2, 5, -3, Infinity].map(sent)).toEqual([1, 5, 0, 2 ** 32 - 1]);
  });

  it('are refused when they are cut short or made up, and never hang', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.tuple(fc.array(requests, { minLength: 1 }), fc.nat(), fc.nat(255)).map(([list, at, byte]) => {
        const bytes = bodyOf(list, writeCall);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(body, (bytes) => {
        for (const read of [(each: Uint8Array) => readRequests(each, codec), repliesOf]) {
          try {
            read(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        }
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(requests, fc.nat(), (request, length) => {
        const bytes = bodyOf([request], writeCall);
        expect(() => readRequests(bytes.subarray(0, 1 + (length % (bytes.length - 1))), codec)).toThrow(
          Error,
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
