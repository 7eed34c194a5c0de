import { Worker } from 'node:worker_threads';
import type { Tried } from './fuzzer.ts';
import { shownLength, type Task } from './worker.ts';

export type RunOptions = Omit<Task, 'shown'>;

/** An input that takes longer hangs, in ms: those that end are bounded by the steps they take. */
const patience = 20_000;

/** Tries one target in a thread of its own, so that an input that never comes back, or takes all memory, is found too. */
export function run(options: RunOptions): Promise<Tried> {
  const shown = new SharedArrayBuffer(shownLength);
  const [count, length] = [0, 1];
  const counters = new Int32Array(shown, 0, 2);
  const task: Task = { ...options, shown };
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: 1_024 },
  });
  let seen = -1;
  return new Promise((resolve, reject) => {
    const stopped = (problem: string): void => {
      const inputs = counters[count]!;
      const input = Buffer.from(new Uint8Array(shown, 8, counters[length]));
      const nothing = { bytes: 0, blocks: 0, corpus: 0, refused: 0 };
      resolve({ target: options.target, inputs, ...nothing, finding: { problem, input } });
    };
    const watch = setInterval(() => {
      const tried = Atomics.load(counters, count);
      if (tried === seen && tried > 0) {
        stopped(`it does not come back within ${patience} ms`);
        void worker.terminate();
      }
      seen = tried;
    }, patience);
    worker.once('message', resolve);
    worker.once('error', (error) => {
      if (counters[count] === 0) reject(error);
      else stopped(`the thread ended: ${(error as Error).stack}`);
    });
    worker.once('exit', () => {
      clearInterval(watch);
      stopped('the thread ended');
    });
  });
}
