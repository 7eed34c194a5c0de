/** What ends of links say to each other; each says it with the subject at which it is answered. */
export const MessageType = {
  /** Opens a link; the number is the version of all this. */
  dial: 1,
  accept: 2,
  /** A piece of the stream; the number counts them. */
  data: 3,
  /** Nothing follows; the number goes on counting. */
  end: 4,
  /** The number of bytes that have been taken. */
  taken: 5,
  /** Asks for {@link MessageType.taken}. */
  probe: 6,
  /** There is no such link. */
  reset: 7,
} as const;

export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** The version of the messages. */
export const messageVersion = 1;

/** What a message has in front of its bytes. */
export const headerLength = 9;

export interface Message {
  readonly type: number;
  readonly number: number;
  readonly bytes: Uint8Array;
}

const nothing = new Uint8Array();

export function writeMessage(type: MessageType, number: number, bytes: Uint8Array = nothing): Uint8Array {
  const message = Buffer.allocUnsafe(headerLength + bytes.length);
  message[0] = type;
  message.writeDoubleBE(number, 1);
  message.set(bytes, headerLength);
  return message;
}

/** `undefined` for what is no message. */
export function readMessage(data: Uint8Array): Message | undefined {
  if (data.length < headerLength) return undefined;
  const number = new DataView(data.buffer, data.byteOffset).getFloat64(1);
  return { type: data[0]!, number, bytes: data.subarray(headerLength) };
}
