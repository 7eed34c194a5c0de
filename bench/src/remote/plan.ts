import { beside, type RemoteComparison } from './comparisons.ts';
import type { Load } from './load.ts';

const get = (inFlight: number): Load => ({ operation: 'get', inFlight, bytes: 100 });
const many: Load = { operation: 'getMany', inFlight: 16, bytes: 100 };

/** What is measured without `--full`: the lines with targets, and some beside them. */
export function briefComparisons(): RemoteComparison[] {
  const against = ['node-redis 5', 'node-redis 6', 'node-redis 6 without timeout'];
  return [
    ...['unix', 'tcp'].flatMap((link) => [
      ...against.flatMap((peer) =>
        beside(get(256), `cachex, ${link}`, `${peer}, msgpackr, ${link}`, {
          ...{ throughput: 2, processor: 1 / 0.6, p50: undefined, p99: undefined },
        }),
      ),
      ...beside(get(256), `cachex, ${link}`, `node-redis 5, JSON, ${link}`, {
        throughput: undefined,
        processor: undefined,
      }),
    ]),
    ...beside(get(4_096), 'cachex, unix', 'node-redis 5, msgpackr, unix', { throughput: 5 }),
    ...beside(get(1), 'cachex, unix', 'node-redis 5, msgpackr, unix', { p50: 1, p99: undefined }),
    ...beside(get(256), 'cachex, three nodes', 'node-redis 5, msgpackr, unix', { throughput: 2.5 }),
    ...beside(many, 'cachex, unix', 'node-redis 5, msgpackr, unix', { throughput: 2 }),
    ...beside(get(1), 'cachex, alone', 'cachex, local with promises', { throughput: 0.9 }),
  ];
}
