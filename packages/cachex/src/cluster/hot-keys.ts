const places = 1_024;
/** In ms: after so long reads count for half. */
const halfLife = 1_000;
/** A hot key has been read about so often of late, and is this share of all reads. */
const fewest = 1_024;
const share = 1 / 64;

/**
 * Which keys of a cache are read far more than others, from a few nanoseconds a read.
 *
 * Keys are told apart by hash and spread over places. In each of them a count goes up with the key that has it and down with
 * every other, which takes over at zero: whoever has more than half of the reads there ends up with it, and is counted for
 * too little by no more than the reads of the others there (R. S. Boyer, J. S. Moore, MJRTY, 1981). A key of a 64th of all
 * reads has that against what 1,024 places leave to a place, unless an even hotter one has the same.
 */
export class HotKeys {
  readonly #hashes = new Int32Array(places);
  readonly #counts = new Uint32Array(places);
  #reads = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** Counts a read at `now`, in ms; answers whether its key is hot. */
  read(hash: number, now: number): boolean {
    if (now - this.#since >= halfLife) this.#fade(now);
    this.#reads += 1;
    const key = hash | 0;
    const place = (hash ^ (hash >>> 16)) & (places - 1);
    const count = this.#counts[place]!;
    if (count === 0) {
      this.#hashes[place] = key;
      this.#counts[place] = 1;
      return false;
    }
    if (this.#hashes[place] !== key) {
      this.#counts[place] = count - 1;
      return false;
    }
    this.#counts[place] = count + 1;
    return count >= fewest && count >= this.#reads * share;
  }

  #fade(now: number): void {
    const halvings = Math.min(31, Math.floor((now - this.#since) / halfLife));
    this.#since += Math.floor((now - this.#since) / halfLife) * halfLife;
    this.#reads >>>= halvings;
    for (let place = 0; place < places; place += 1) this.#counts[place]! >>>= halvings;
  }
}
