import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from './fuzzer.ts';
import { longestInput } from './mutate.ts';
import { targets } from './targets/index.ts';

/** What a thread is told: one target, for how long or how many inputs, and where it shows what it tries. */
export interface Task {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  readonly inputs: number;
  /** The number of the input, its length, and its bytes. */
  readonly shown: SharedArrayBuffer;
}

export const shownLength: number = 8 + longestInput;

if (parentPort !== null) {
  const { target, seed, seconds, inputs, shown } = workerData as Task;
  const counters = new Int32Array(shown, 0, 2);
  const bytes = new Uint8Array(shown, 8);
  const end = performance.now() + seconds * 1_000;
  const tried = await fuzz(targets.find(({ name }) => name === target)!, {
    seed,
    goesOn: (count) => count < inputs && performance.now() < end,
    tries(input) {
      bytes.set(input);
      counters[1] = input.length;
      Atomics.add(counters, 0, 1);
    },
  });
  parentPort.postMessage(tried);
}
