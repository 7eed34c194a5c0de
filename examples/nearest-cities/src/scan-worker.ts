import { parentPort, workerData } from 'node:worker_threads';
import { type Coordinates, nearest } from './nearest.ts';

/** What the thread is asked; it answers with the `Nearby[]` of `nearest()`, one question at a time. */
export interface ScanRequest {
  readonly from: number;
  readonly count: number;
}

const coordinates = workerData as Coordinates;

parentPort?.on('message', ({ from, count }: ScanRequest) => {
  parentPort?.postMessage(nearest(coordinates, from, count));
});
