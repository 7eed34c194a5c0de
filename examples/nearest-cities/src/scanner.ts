import { Worker } from 'node:worker_threads';
import type { Coordinates, Nearby } from './nearest.ts';
import type { ScanRequest } from './scan-worker.ts';

interface Scan {
  readonly request: ScanRequest;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (found: Nearby[]) => void;
  readonly reject: (reason: unknown) => void;
}

const QUEUE_LIMIT = 1_000;

/** Runs scans one after the other in a thread of their own, so that the event loop of the node stays free. */
export class Scanner {
  readonly #worker: Worker;
  readonly #queue: Scan[] = [];
  #running: Scan | undefined;
  #closed: Error | undefined;

  constructor(coordinates: Coordinates) {
    this.#worker = new Worker(new URL('./scan-worker.js', import.meta.url), { workerData: coordinates });
    this.#worker.on('message', (found: Nearby[]) => {
      this.#running?.resolve(found);
      this.#next();
    });
    this.#worker.on('error', (error: Error) => this.#reject(error));
  }

  nearest(from: number, count: number, signal?: AbortSignal): Promise<Nearby[]> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#queue.length >= QUEUE_LIMIT) return Promise.reject(new Error('too many scans are waiting'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request: { from, count }, signal, resolve, reject });
      if (!this.#running) this.#next();
    });
  }

  async close(): Promise<void> {
    this.#reject(new Error('the scanner is closed'));
    await this.#worker.terminate();
  }

  #next(): void {
    this.#running = this.#queue.shift();
    while (this.#running?.signal?.aborted) {
      this.#running.reject(this.#running.signal.reason);
      this.#running = this.#queue.shift();
    }
    if (this.#running) this.#worker.postMessage(this.#running.request);
  }

  #reject(reason: Error): void {
    this.#closed = reason;
    this.#running?.reject(reason);
    for (const scan of this.#queue.splice(0)) scan.reject(reason);
    this.#running = undefined;
  }
}
