import { seededRandom } from '../random.ts';
import { type Trace, traceOf } from './traces.ts';

/** How many entries the caches have that these patterns are made for. */
export const patternCapacity = 2_000;

const accesses = 300_000;
const universe = 20_000;

/** Draws numbers below `size`, the n-th in proportion to `n ** -skew`. */
function zipf(size: number, skew: number, random: () => number): () => number {
  const sums = new Float64Array(size);
  let sum = 0;
  for (let rank = 0; rank < size; rank += 1) {
    sum += (rank + 1) ** -skew;
    sums[rank] = sum;
  }
  return () => {
    const drawn = random() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

const generate = (name: string, access: (n: number) => number): Trace =>
  traceOf(
    name,
    Uint32Array.from({ length: accesses }, (_, n) => access(n)),
  );

function zipfOf(skew: number): Trace {
  const draw = zipf(universe, skew, seededRandom(1));
  return generate(`zipf ${skew}`, draw);
}

/** As many keys in turn as make the cache too small by a part of its size. */
function loopOf(excess: number): Trace {
  const length = Math.round(patternCapacity * (1 + excess));
  return generate(`loop of ${Math.round(100 * (1 + excess))} %`, (n) => n % length);
}

/** Six thousand accesses by a zipf distribution, then four thousand keys that are never asked for again. */
function scans(): Trace {
  const draw = zipf(universe, 0.9, seededRandom(2));
  return generate('zipf with scans', (n) => (n % 10_000 < 6_000 ? draw() : universe + n));
}

/** A working set that moves on by one key every five accesses. */
function shifting(): Trace {
  const draw = zipf(2 * patternCapacity, 0.8, seededRandom(5));
  return generate('moving working set', (n) => draw() + Math.floor(n / 5));
}

/** Every second access goes to a loop, the other to a zipf distribution. */
function loopAndZipf(): Trace {
  const random = seededRandom(9);
  const draw = zipf(universe, 1, random);
  let next = 0;
  return generate('loop and zipf', () => {
    if (random() >= 0.5) return draw();
    next += 1;
    return universe + (next % 2_500);
  });
}

/** What was asked for lately is asked for again, however often it was before: what LRU is best at. */
function recency(): Trace {
  const random = seededRandom(7);
  const stack: number[] = [];
  let fresh = 0;
  return generate('recency', () => {
    const distance = 1 + Math.floor(-Math.log(1 - random()) * 1_200);
    const known = distance <= stack.length && random() >= 0.05;
    const id = known ? stack.splice(stack.length - distance, 1)[0]! : fresh++;
    stack.push(id);
    if (stack.length > 8_000) stack.shift();
    return id;
  });
}

/** What applications do, one thing at a time. */
export function generatedPatterns(): Trace[] {
  return [zipfOf(0.8), zipfOf(1), scans(), loopOf(0.1), loopOf(0.5), loopAndZipf(), shifting(), recency()];
}
