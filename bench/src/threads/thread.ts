// One of two threads: it sends back what comes, or asks and measures how many frames come back in a second.
import { parentPort, workerData } from 'node:worker_threads';
import { frameBytes, type Meeting, type WayName, ways } from './ways.ts';

export interface ThreadData {
  readonly way: WayName;
  readonly side: 'echo' | 'asking';
  readonly meeting: Meeting;
  readonly inFlight: number;
  /** Frames that come back before it counts, and while it does. */
  readonly warmUp: number;
  readonly frames: number;
}

const { way, side, meeting, inFlight, warmUp, frames } = workerData as ThreadData;
/** Waiting for shared memory alone does not keep a thread alive. */
const alive = setInterval(() => {}, 60_000);
parentPort!.once('message', () => clearInterval(alive));

const frame = new Uint8Array(frameBytes).fill(7);
let came = 0;
let began = 0;

function answered(bytes: Uint8Array): void {
  if (bytes.length !== frameBytes || bytes[frameBytes - 1] !== 7)
    throw new Error('another frame came than was sent');
  came += 1;
  if (came === warmUp) began = performance.now();
  if (came === warmUp + frames) parentPort!.postMessage((frames / (performance.now() - began)) * 1_000);
  else if (came < warmUp + frames) send(frame);
}

const opened = ways[way](meeting, side, (bytes) => (side === 'echo' ? send(bytes) : answered(bytes)));
let send: (bytes: Uint8Array) => void;
if (side === 'echo') parentPort!.postMessage('listening');
send = await opened;
if (side === 'asking') for (let n = 0; n < inFlight; n += 1) send(frame);
