const LOWEST_MS = 0.01;
const HIGHEST_MS = 60_000;
/** Each bucket is 2 % wider than the one before, so a percentile is within 1 % of the exact one. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
const BUCKETS = bucketOf(HIGHEST_MS) + 1;

/** Durations in buckets of a logarithmic scale: fixed in size, whatever the number of samples. */
export class Histogram {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  record(milliseconds: number): void {
    this.#buckets[bucketOf(milliseconds)]!++;
    this.#count++;
  }

  add(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.#buckets[bucket]! += other.#buckets[bucket]!;
    this.#count += other.#count;
  }

  /** The duration that the fraction `p` of the samples do not exceed; `undefined` without samples. */
  percentile(p: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(p * this.#count));
    let seen = 0;
    let bucket = -1;
    while (seen < rank) seen += this.#buckets[++bucket]!;
    return LOWEST_MS * GROWTH ** (bucket + 0.5);
  }
}

function bucketOf(milliseconds: number): number {
  const within = Math.min(HIGHEST_MS, Math.max(LOWEST_MS, milliseconds));
  return Math.floor(Math.log(within / LOWEST_MS) / LOG_GROWTH);
}
