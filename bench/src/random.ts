/** Numbers in [0, 1) that are the same for every candidate: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers from 0 to `length` in a random order: Fisher and Yates. */
export function shuffled(length: number, random: () => number): Uint32Array {
  const numbers = new Uint32Array(length);
  for (let last = 0; last < length; last += 1) {
    const place = Math.floor(random() * (last + 1));
    numbers[last] = numbers[place]!;
    numbers[place] = last;
  }
  return numbers;
}
