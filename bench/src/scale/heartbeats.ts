import type { View } from '@cachex/router';
import { beatsToFailure, pingFrame, pongFrame } from './parts.ts';

/** What a message costs beside its bytes where each has a packet of its own: the headers of IPv4 and TCP, a record of TLS 1.3. */
const headers = { ip: 20, tcp: 20, tls: 22 };

/** The signs of life that one node sends in a second; it is sent as many. */
export interface Heartbeats {
  readonly messages: number;
  readonly bytes: number;
  /** The same in packets with TLS. */
  readonly packetBytes: number;
}

/** What follows from the frames and their interval: each node asks every other one, and answers every other one. */
export function heartbeatsOf({ members, failureAfter, epoch }: View): Heartbeats {
  const beats = ((members.length - 1) * beatsToFailure * 1_000) / failureAfter;
  const frames = [pingFrame(epoch), pongFrame({ epoch, grants: true, hears: true })];
  const messages = beats * frames.length;
  const bytes = beats * frames.reduce((sum, { length }) => sum + length, 0);
  return { messages, bytes, packetBytes: bytes + messages * (headers.ip + headers.tcp + headers.tls) };
}
