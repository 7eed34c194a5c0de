import { ByteReader, ByteWriter } from './bytes.ts';
import type { Codec } from './codec.ts';

/**
 * Frames on the wire: `length u32 | type u8 | body`, where the length counts type and body. Everything is big-endian and
 * written by hand; only values inside are left to the codec.
 */
export const FrameType = {
  /** The dialler says who it is; JSON. */
  hello: 1,
  /** The acceptor says who it is; JSON. */
  welcome: 2,
  /** The acceptor will not talk to this dialler; JSON. The link ends. */
  refused: 3,
  /** A batch of requests. */
  calls: 4,
  /** A batch of replies, in any order. */
  replies: 5,
  ping: 6,
  pong: 7,
  /** The acceptor wants a proof that the dialler knows the secret; what it has drawn for it. */
  challenge: 8,
  /** A proof of the secret: the dialler's instead of an answer, the acceptor's before its answer. */
  proof: 9,
  /** What the caller was promised word of has changed; see `notices.ts`. */
  notices: 10,
} as const;

export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

/** No frame is larger, unless both nodes were told otherwise. */
export const defaultFrameLimit: number = 16 * 1024 * 1024;

const headerLength = 4;

/** Chunks up to this length are put together while their frame is incomplete. */
const smallChunk = 4 * 1024;

/** The type counts as a part of the frame. */
export const typeLength = 1;

/** Starts a frame; {@link finishFrame} closes it. */
export function startFrame(type: FrameType, capacity?: number): ByteWriter {
  const writer = new ByteWriter(capacity);
  writer.u32(0);
  writer.u8(type);
  return writer;
}

/** The length of a frame begun with {@link startFrame}, as its header will tell it. */
export function frameLength(writer: ByteWriter): number {
  return writer.length - headerLength;
}

/** Fills in the length of a frame begun with {@link startFrame}. */
export function finishFrame(writer: ByteWriter): Buffer {
  writer.patch(0, frameLength(writer));
  return writer.finish();
}

/** A frame whose body is one JSON text. */
export function jsonFrame(type: FrameType, body: unknown): Buffer {
  const writer = startFrame(type);
  writer.raw(Buffer.from(JSON.stringify(body)));
  return finishFrame(writer);
}

/** A frame whose body is what it is. */
export function rawFrame(type: FrameType, body: Uint8Array): Buffer {
  const writer = startFrame(type, body.length + headerLength + typeLength);
  writer.raw(body);
  return finishFrame(writer);
}

/** The body of a whole frame. */
export function bodyOf(frame: Buffer): Buffer {
  return frame.subarray(headerLength + typeLength);
}

/** Cuts a stream of chunks into frames. Holds only bytes that have arrived, never what a header claims. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #held = 0;
  readonly #limit: () => number;

  /** `limit` is asked at each frame: it is low until the handshake is done. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Takes a chunk and returns the frames it completes; a frame over the limit or without a type throws `RangeError`. */
  push(chunk: Uint8Array): Frame[] {
    this.#hold(chunk);
    const frames: Frame[] = [];
    let bytes: Buffer | undefined;
    let at = 0;
    while (this.#held - at >= headerLength) {
      bytes ??= this.#peekHeader();
      const length = bytes.readUInt32BE(at);
      if (length < 1 || length > this.#limit()) {
        throw new RangeError(`a frame of ${length} bytes is outside the limit of ${this.#limit()}`);
      }
      if (this.#held - at < headerLength + length) break;
      if (bytes.length < this.#held) bytes = this.#join();
      const start = at + headerLength;
      frames.push({ type: bytes[start]!, body: bytes.subarray(start + 1, start + length) });
      at = start + length;
    }
    if (at > 0) {
      const rest = this.#join().subarray(at);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#held = rest.length;
    }
    return frames;
  }

  /** Keeps a chunk. Small ones are put together: each alone takes far more memory than its bytes. */
  #hold(chunk: Uint8Array): void {
    const chunks = this.#chunks;
    this.#held += chunk.length;
    chunks.push(chunk);
    while (chunks.length > 1) {
      const [before, last] = [chunks.at(-2)!, chunks.at(-1)!];
      if (before.length > last.length || before.length + last.length > smallChunk) return;
      chunks.splice(-2, 2, Buffer.concat([before, last]));
    }
  }

  /** Enough of the front to read a length; joins only when the first chunk is shorter than that. */
  #peekHeader(): Buffer {
    const first = this.#chunks[0]!;
    if (this.#chunks.length === 1 || first.length < headerLength) return this.#join();
    return Buffer.from(first.buffer, first.byteOffset, first.length);
  }

  #join(): Buffer {
    const only = this.#chunks[0]!;
    const joined =
      this.#chunks.length === 1
        ? Buffer.from(only.buffer, only.byteOffset, only.length)
        : Buffer.concat(this.#chunks, this.#held);
    this.#chunks = [joined];
    return joined;
  }
}

/** Whom a request is for: the node itself, the owner of a key, or the owners of some partitions (as a bit set). */
export type Target =
  | { readonly kind: 'node' }
  | { readonly kind: 'key'; readonly hash: number }
  | { readonly kind: 'partitions'; readonly set: Uint8Array };

/** One call on the wire. */
export interface Request {
  /** Unique for this incarnation of the caller; a call sent again keeps it. */
  readonly id: number;
  /** Milliseconds the caller will still wait; no node trusts another's clock. */
  readonly budget: number;
  readonly target: Target;
  /** Whether executing it twice is harmless. If not, the owner of its key remembers that it was executed. */
  readonly repeatable: boolean;
  /**
   * Set when it may have been executed already: the epoch at which the data of its partition began, as the caller knew it
   * then. If it has begun again since, nobody knows any more.
   */
  readonly retryOf?: number;
  /** A number from 0 to 3 for the handler, which knows what it means. Default: 0. */
  readonly hint?: number | undefined;
  readonly service: string;
  readonly handler: string;
  readonly args: readonly unknown[];
}

/** How a call ended, as the node that was asked tells it. */
export type Reply =
  /** The handler's result; `covered` only for calls to partitions. */
  | {
      readonly kind: 'result';
      readonly value: unknown;
      readonly covered?: Uint8Array;
      /** What the handler notes beside its result, a number of 32 bits above zero; only where it was answered at once. */
      readonly note?: number | undefined;
      /** The value as it travels, where it was encoded already. */
      readonly bytes?: Uint8Array;
    }
  /** What the handler threw. */
  | { readonly kind: 'thrown'; readonly error: unknown; readonly bytes?: Uint8Array }
  /** Not executed: another node owns the key, as of `epoch`. */
  | { readonly kind: 'wrongOwner'; readonly epoch: number }
  /** Not executed, for the reason given. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

const targets = ['node', 'key', 'partitions'] as const;
const replies = ['result', 'thrown', 'wrongOwner', 'refused'] as const;

/** Flags beside the kind of target. */
const repeatableFlag = 0x10;
const retryFlag = 0x20;
const hintShift = 6;
const largestHint = 3;

/** Flag beside the kind of reply. */
const noteFlag = 0x10;

const largestBudget = 2 ** 32 - 1;

/**
 * `budget` takes the place of that of the request, which may have waited, and `packed` that of its arguments: they were
 * encoded before. Throws what the codec throws.
 */
export function writeRequest(
  writer: ByteWriter,
  { id, target, repeatable, retryOf, hint = 0, service, handler, args }: Request,
  budget: number,
  codec: Codec,
  packed?: Uint8Array,
): void {
  writer.u48(id);
  writer.u32(Math.min(Math.max(0, Math.ceil(budget)), largestBudget));
  const retry = retryOf === undefined ? 0 : retryFlag;
  const flags = (repeatable ? repeatableFlag : 0) | retry | ((hint & largestHint) << hintShift);
  writer.u8(targets.indexOf(target.kind) | flags);
  if (retryOf !== undefined) writer.u48(retryOf);
  if (target.kind === 'key') writer.u32(target.hash);
  if (target.kind === 'partitions') writer.block(target.set);
  writer.name(service);
  writer.name(handler);
  if (packed === undefined) writeList(writer, args, codec);
  else writer.block(packed);
}

function writeList(writer: ByteWriter, values: readonly unknown[], codec: Codec): void {
  const at = writer.length;
  writer.u32(0);
  codec.writeList(writer, values);
  writer.patch(at, writer.length - at - 4);
}

/** Reads a `calls` body. Throws `RangeError` on anything malformed. */
export function readRequests(body: Uint8Array, codec: Codec): Request[] {
  const reader = new ByteReader(body);
  const requests: Request[] = [];
  let route = noRoute;
  while (reader.remaining > 0) {
    const id = reader.u48();
    const budget = reader.u32();
    const flags = reader.u8();
    const repeatable = (flags & repeatableFlag) !== 0;
    const retryOf = (flags & retryFlag) !== 0 ? reader.u48() : undefined;
    const hint = flags >>> hintShift === 0 ? undefined : flags >>> hintShift;
    const target = readTarget(reader, flags & (repeatableFlag - 1));
    route = readRoute(reader, route);
    const { service, handler } = route;
    const args = readList(reader, codec, false);
    requests.push(
      retryOf === undefined
        ? { id, budget, target, repeatable, hint, service, handler, args }
        : { id, budget, target, repeatable, retryOf, hint, service, handler, args },
    );
  }
  return requests;
}

/** What a request is for, and how that was written. */
interface RouteNames {
  readonly service: string;
  readonly handler: string;
  readonly written: Uint8Array;
}

const noRoute: RouteNames = { service: '', handler: '', written: new Uint8Array(0) };

/** Most requests of a frame are for the same as the one before: comparing bytes is less than making texts of them. */
function readRoute(reader: ByteReader, before: RouteNames): RouteNames {
  if (reader.passes(before.written)) return before;
  const from = reader.position;
  const service = reader.name();
  const handler = reader.name();
  return { service, handler, written: reader.buffer.subarray(from, reader.position) };
}

function readList(reader: ByteReader, codec: Codec, open: boolean): unknown[] {
  const end = reader.u32() + reader.position;
  const values = codec.readList(reader, open);
  if (reader.position !== end) throw new RangeError('a list that is not as long as it says');
  return values;
}

function readTarget(reader: ByteReader, code: number): Target {
  const kind = targets[code];
  switch (kind) {
    case 'node':
      return { kind };
    case 'key':
      return { kind, hash: reader.u32() };
    case 'partitions':
      return { kind, set: reader.block() };
    default:
      throw new RangeError('unknown target');
  }
}

/** Throws what the codec throws. */
export function writeReply(writer: ByteWriter, id: number, reply: Reply, codec: Codec): void {
  writer.u48(id);
  const note = reply.kind === 'result' ? reply.note : undefined;
  writer.u8(replies.indexOf(reply.kind) | (note === undefined ? 0 : noteFlag));
  if (note !== undefined) writer.u32(note);
  switch (reply.kind) {
    case 'result':
      if (reply.covered === undefined) writer.u32(0);
      else writer.block(reply.covered);
      if (reply.bytes === undefined) writeList(writer, [reply.value], codec);
      else writer.block(reply.bytes);
      break;
    case 'thrown':
      writer.block(reply.bytes ?? codec.encodeError(reply.error));
      break;
    case 'wrongOwner':
      writer.u48(reply.epoch);
      break;
    case 'refused':
      writer.name(reply.code);
      writer.block(Buffer.from(reply.message));
  }
}

/**
 * Reads a `replies` body, and hands each reply on as it is read. `opens` says whether what was sent encoded in the answer to
 * that call is to be decoded. Throws `RangeError` on anything malformed.
 */
export function readReplies(
  body: Uint8Array,
  codec: Codec,
  opens: (id: number) => boolean,
  take: (id: number, reply: Reply) => void,
): void {
  const reader = new ByteReader(body);
  while (reader.remaining > 0) {
    const id = reader.u48();
    take(id, readReply(reader, codec, opens(id)));
  }
}

function readReply(reader: ByteReader, codec: Codec, open: boolean): Reply {
  const code = reader.u8();
  // Nothing but results may have one.
  const note = code === noteFlag ? reader.u32() : undefined;
  const kind = replies[note === undefined ? code : 0];
  switch (kind) {
    case 'result': {
      const covered = reader.u32();
      if (covered === 0) return { kind, value: readList(reader, codec, open)[0], note };
      const set = reader.raw(covered);
      return { kind, covered: set, value: readList(reader, codec, open)[0], note };
    }
    case 'thrown':
      return { kind, error: codec.decodeError(reader.block()) };
    case 'wrongOwner':
      return { kind, epoch: reader.u48() };
    case 'refused':
      return { kind, code: reader.name(), message: reader.block().toString() };
    default:
      throw new RangeError('unknown reply');
  }
}
