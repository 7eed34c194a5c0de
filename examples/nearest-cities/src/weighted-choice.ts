/** A number from 0 up to, but not including, 1. */
export type Random = () => number;

/** Answers a function that chooses among the items with a probability in proportion to their weight. */
export function weightedChoice<T>(items: readonly T[], weight: (item: T) => number, random: Random): () => T {
  const cumulative = new Float64Array(items.length);
  let total = 0;
  items.forEach((item, index) => {
    total += weight(item);
    cumulative[index] = total;
  });
  if (!(total > 0)) throw new RangeError('The weights must add up to more than 0.');
  return () => items[firstAbove(cumulative, random() * total)]!;
}

function firstAbove(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** mulberry32: small, fast and the same sequence for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
