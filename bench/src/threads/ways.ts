import { createConnection, createServer, type Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';

export const frameBytes = 4_096;

/** How many frames a ring has room for; more than are ever in flight. */
const places = 16;
/** A ring begins with the number of frames that were written. */
const written = 0;
const header = 64;
const ringBytes = header + places * frameBytes;

/** Where the two threads of a run meet; each way uses its own part of it. */
export interface Meeting {
  readonly path: string;
  readonly port: MessagePort;
  /** What this thread writes to, and what the other one does. */
  readonly out: SharedArrayBuffer;
  readonly in: SharedArrayBuffer;
}

/** Opens one end: answers how to send a frame; `took` is told of each that comes, as bytes that are its own. */
export type Way = (
  meeting: Meeting,
  side: 'echo' | 'asking',
  took: (frame: Uint8Array) => void,
) => Promise<(frame: Uint8Array) => void>;

export const wayNames = ['Unix socket', 'MessagePort', 'shared memory'] as const;
export type WayName = (typeof wayNames)[number];

export function newRings(): readonly [SharedArrayBuffer, SharedArrayBuffer] {
  return [new SharedArrayBuffer(ringBytes), new SharedArrayBuffer(ringBytes)];
}

const unixSocket: Way = async ({ path }, side, took) => {
  const socket = side === 'asking' ? createConnection(path) : await accepted(path);
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= frameBytes) {
      const frame = rest.subarray(0, frameBytes);
      rest = rest.subarray(frameBytes);
      took(frame);
    }
  });
  return (frame) => void socket.write(frame);
};

/** The first who connects. */
function accepted(path: string): Promise<Socket> {
  return new Promise((resolve) => {
    const server = createServer((socket) => resolve(socket)).listen(path);
    server.once('connection', () => server.close());
  });
}

/** The frame is copied once, by this thread, and then given away. */
const messagePort: Way = async ({ port }, _side, took) => {
  port.on('message', took);
  return (frame) => {
    const copy = new Uint8Array(frame);
    port.postMessage(copy, [copy.buffer]);
  };
};

const sharedMemory: Way = async (meeting, _side, took) => {
  const out = new Int32Array(meeting.out, 0, 1);
  const outBytes = new Uint8Array(meeting.out, header);
  void readAll(meeting.in, took);
  return (frame) => {
    const count = Atomics.load(out, written);
    outBytes.set(frame, (count % places) * frameBytes);
    Atomics.store(out, written, count + 1);
    Atomics.notify(out, written);
  };
};

/** Until its thread ends. */
async function readAll(ring: SharedArrayBuffer, took: (frame: Uint8Array) => void): Promise<void> {
  const words = new Int32Array(ring, 0, 1);
  const bytes = new Uint8Array(ring, header);
  for (let read = 0; ; ) {
    for (; read < Atomics.load(words, written); read += 1) {
      const at = (read % places) * frameBytes;
      took(bytes.slice(at, at + frameBytes));
    }
    const more = waitAsync(words, written, read);
    if (more.async) await more.value;
  }
}

/** Not among the types of the language version that is compiled for; Node.js has it since version 16. */
const { waitAsync } = Atomics as unknown as {
  waitAsync(
    array: Int32Array,
    index: number,
    value: number,
  ): { async: false } | { async: true; value: Promise<string> };
};

export const ways: Readonly<Record<WayName, Way>> = {
  'Unix socket': unixSocket,
  MessagePort: messagePort,
  'shared memory': sharedMemory,
};
