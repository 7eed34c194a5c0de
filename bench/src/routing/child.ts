// The process that measures one way to route: `node child.js <way> <kind of keys>` tells the nanoseconds a key.
import { type KeyKind, keysOf } from '../keys.ts';
import { seededRandom } from '../random.ts';
import { Stopwatch } from '../stopwatch.ts';
import { type WayName, ways } from './ways.ts';

/** How many keys there are to draw from. */
const universe = 100_000;

process.once('disconnect', () => process.exit());
const [, , name = '', kind = ''] = process.argv;
const way = await ways[name as WayName]();
const key = keysOf(kind as KeyKind, universe) as (id: number) => string;
const random = seededRandom(3);
const stopwatch = new Stopwatch({
  // Short as an operation is, many are needed.
  ...{ warmUp: { operations: 1_000_000, ms: 100 }, timed: { operations: 2_000_000, ms: 150 } },
});
let mixed = 0;
while (!stopwatch.done) {
  const keys = Array.from({ length: stopwatch.operations }, () => key(Math.floor(random() * universe)));
  stopwatch.start();
  mixed ^= way(keys);
  stopwatch.stop(keys.length);
}
process.send!({ nanoseconds: stopwatch.nanoseconds, mixed }, () => process.exit());
