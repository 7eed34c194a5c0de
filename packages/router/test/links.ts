import fc from 'fast-check';
import type { ByteWriter } from '../src/bytes.ts';
import { Codec } from '../src/codec.ts';
import {
  type Frame,
  FrameReader,
  FrameType,
  jsonFrame,
  type Reply,
  type Request,
  readReplies,
  writeRequest,
} from '../src/frame.ts';
import { type Hello, protocolVersion } from '../src/handshake.ts';
import { defaultLimits } from '../src/limits.ts';
import type { Connection } from '../src/transport.ts';

export const codec: Codec = new Codec();

/** One end of a link as a test plays it: it sends any bytes, and remembers the frames that came. */
export class RawEnd {
  readonly frames: Frame[] = [];
  closed = false;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
    const reader = new FrameReader(() => defaultLimits.frame);
    connection.handle({
      data: (chunk) => {
        this.frames.push(...reader.push(chunk));
      },
      close: () => {
        this.closed = true;
      },
    });
  }

  send(bytes: Uint8Array): void {
    this.#connection.send(bytes);
  }

  close(): void {
    this.#connection.close();
  }

  /** The frames that came since the last look. */
  take(): Frame[] {
    return this.frames.splice(0);
  }

  json(): unknown {
    return JSON.parse(this.take().at(-1)!.body.toString());
  }
}

export function helloFrame(hello: Partial<Hello> & Pick<Hello, 'to'>): Buffer {
  return jsonFrame(FrameType.hello, {
    protocol: protocolVersion,
    cluster: 'test',
    birth: 'birth',
    id: 'a',
    incarnation: 'a1',
    lasting: true,
    ...hello,
  });
}

export function request(id: number, more: Partial<Request> = {}): Request {
  return {
    id,
    budget: 1_000,
    target: { kind: 'node' },
    repeatable: false,
    service: 'echo',
    handler: 'echo',
    args: [id],
    ...more,
  };
}

export function writeCall(writer: ByteWriter, each: Request): void {
  writeRequest(writer, each, each.budget, codec);
}

/** The replies of a frame; with `open`, what was sent encoded is decoded. */
export function repliesOf(body: Uint8Array, open = false): { id: number; reply: Reply }[] {
  const list: { id: number; reply: Reply }[] = [];
  readReplies(
    body,
    codec,
    () => open,
    (id, reply) => list.push({ id, reply }),
  );
  return list;
}

export function framed(type: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(body.length + 1);
  header[4] = type;
  return Buffer.concat([header, body]);
}

/** What a broken or hostile node may send, given frames that a well-behaved one would. */
export function noise(valid: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const random = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof(
    random,
    fc.tuple(fc.integer({ min: 0, max: 9 }), random).map(([type, body]) => framed(type, body)),
    fc.tuple(valid, fc.nat()).map(([frame, length]) => frame.subarray(0, length % frame.length)),
    fc.tuple(valid, fc.nat(), fc.nat(255)).map(([frame, at, byte]) => {
      const changed = Buffer.from(frame);
      changed[at % frame.length] = byte;
      return changed;
    }),
    fc.tuple(valid, random).map(([frame, more]) => {
      const body = Buffer.concat([frame.subarray(5), more]);
      return framed(frame[4]!, body);
    }),
    fc.tuple(valid, fc.integer({ min: 0x01000001, max: 0xffffffff })).map(([frame, length]) => {
      const changed = Buffer.from(frame);
      changed.writeUInt32BE(length);
      return changed;
    }),
  );
}

/** Remembers what reaches the process instead of a caller while `body` runs. */
export async function strays(body: () => Promise<void>): Promise<unknown[]> {
  const found: unknown[] = [];
  const note = (error: unknown): void => {
    found.push(error);
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  try {
    await body();
    // A rejection is reported as unhandled once the microtasks after it have run.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  }
  return found;
}
