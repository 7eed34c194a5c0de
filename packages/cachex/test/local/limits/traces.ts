/** A generator of pseudo-random numbers below 1 that a seed decides (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Draws numbers below `universe`, the n-th in proportion to `n ** -skew`. */
export function zipf(universe: number, skew: number, draw: () => number): () => number {
  const sums = new Float64Array(universe);
  let sum = 0;
  for (let rank = 0; rank < universe; rank += 1) {
    sum += (rank + 1) ** -skew;
    sums[rank] = sum;
  }
  return () => {
    const drawn = draw() * sum;
    let low = 0;
    let high = universe - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! < drawn) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export function* drawn(draw: () => number, count: number): Generator<number> {
  for (let n = 0; n < count; n += 1) yield draw();
}

/** Every third a run of keys that are never asked for again. */
export function* scanned(draw: () => number, count: number): Generator<number> {
  for (let n = 0; n < count; n += 1) yield n % 3_000 < 2_000 ? draw() : 1_000_000 + n;
}

export function* looped(length: number, count: number): Generator<number> {
  for (let n = 0; n < count; n += 1) yield n % length;
}

/** What is asked for moves on by one key every five times. */
export function* shifting(draw: () => number, count: number): Generator<number> {
  for (let n = 0; n < count; n += 1) yield draw() + Math.floor(n / 5);
}

/** What was asked for lately is asked for again, however often it was before: what LRU is best at. */
export function* recent(draw: () => number, count: number): Generator<number> {
  const stack: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const distance = 1 + Math.floor(-Math.log(1 - draw()) * 300);
    const key = distance > stack.length || draw() < 0.05 ? n : stack.splice(stack.length - distance, 1)[0]!;
    stack.push(key);
    if (stack.length > 2_000) stack.shift();
    yield key;
  }
}
