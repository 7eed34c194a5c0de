const places = 15;
/**
 * A set: 16 bits that say which place is written next, and the places. 32 bytes, half a line of the processor's cache; read two
 * at a time, as eight numbers, because most searches find nothing.
 */
const width = 8;
const widthBits = 3;
/** Sets are laid out in chunks of 32 kB, so that growing never holds the thread up. */
const chunkSets = 1024;
const chunkBits = 10;
const chunkMask = chunkSets - 1;
/** A memory begins with no more sets than this. */
const fewSets = 16;

/** How many steps the time takes while as many are evicted as are remembered. */
const timeSteps = 16;

const nothing: readonly undefined[] = [];

/**
 * Remembers which entries were evicted last, by their hashes: about as many as it is told to, in 2.1 bytes each.
 *
 * The hash chooses a set; in a set lie fingerprints of what was evicted last among those that chose it, each new one over
 * the oldest. So no order over all is kept. How many are newer in the set says roughly how many entries were evicted since,
 * and a few bits of the time, which come round, say it well. (The authors of S3-FIFO propose a table of buckets with a
 * whole time stamp in each place.) A place has 16 bits: without bits of time, of strangers 15 in 65,536 are taken for known,
 * with three of them 15 in 8,192. Where all hashes are the same, one set is used.
 */
export class Ghosts {
  #sets = 0;
  /** By what a number of 32 bits is multiplied for the number of its set. */
  #scale = 0;
  #chunks: (Int32Array | undefined)[] = [];
  /** The chunks before the number of sets was doubled, from which the new ones are made when they are first needed. */
  #before: readonly (Int32Array | undefined)[] = nothing;
  /** How many were remembered since the number of sets was last looked at. */
  #remembered = 0;
  readonly #timeBits: number;
  readonly #timeMask: number;
  readonly #fingerprintMask: number;
  /** Where the fingerprints of two places are. */
  readonly #fingerprintsMask: number;
  #time = 0;
  /** How many evictions a step of the time takes, and how many of them are left. */
  #timeStep = 1;
  #timeLeft = 1;

  constructor(timeBits: number) {
    this.#timeBits = timeBits;
    this.#timeMask = (1 << timeBits) - 1;
    this.#fingerprintMask = 0xffff >>> timeBits;
    this.#fingerprintsMask = Math.imul(this.#fingerprintMask << timeBits, twice);
  }

  /** How many it has places for. */
  get capacity(): number {
    return this.#sets * places;
  }

  /** Remembers an entry that is evicted, where about `wanted` are to be remembered in all. */
  remember(hash: number, wanted: number): void {
    if (this.#remembered >= this.#sets * places) this.#grow(wanted);
    this.#remembered += 1;
    this.#timeLeft -= 1;
    if (this.#timeLeft === 0) {
      this.#time = (this.#time + 1) & this.#timeMask;
      this.#timeStep = Math.max(1, Math.round(wanted / timeSteps));
      this.#timeLeft = this.#timeStep;
    }
    const mixed = mix(hash);
    const set = this.#setOf(mixed);
    const chunk = this.#chunks[set >>> chunkBits] ?? this.#make(set >>> chunkBits);
    const start = (set & chunkMask) << widthBits;
    const next = chunk[start]! & 0xffff;
    setPlace(chunk, start, next + 1, (this.#fingerprintOf(mixed) << this.#timeBits) | this.#time);
    setPlace(chunk, start, 0, next + 1 === places ? 0 : next + 1);
  }

  /** About how many were evicted since the entry with this hash was, which is forgotten; -1 if it is not known. */
  recall(hash: number): number {
    if (this.#sets === 0) return -1;
    const mixed = mix(hash);
    const set = this.#setOf(mixed);
    const chunk = this.#chunks[set >>> chunkBits] ?? this.#make(set >>> chunkBits);
    const start = (set & chunkMask) << widthBits;
    const wanted = this.#fingerprintOf(mixed) << this.#timeBits;
    const pair = Math.imul(wanted, twice);
    const mask = this.#fingerprintsMask;
    const found =
      zeroHalves((chunk[start]! ^ pair) & mask) |
      zeroHalves((chunk[start + 1]! ^ pair) & mask) |
      zeroHalves((chunk[start + 2]! ^ pair) & mask) |
      zeroHalves((chunk[start + 3]! ^ pair) & mask) |
      zeroHalves((chunk[start + 4]! ^ pair) & mask) |
      zeroHalves((chunk[start + 5]! ^ pair) & mask) |
      zeroHalves((chunk[start + 6]! ^ pair) & mask) |
      zeroHalves((chunk[start + 7]! ^ pair) & mask);
    return found === 0 ? -1 : this.#recallFrom(chunk, start, wanted);
  }

  clear(): void {
    this.#sets = 0;
    this.#chunks = [];
    this.#before = nothing;
    this.#remembered = 0;
    this.#time = 0;
    this.#timeStep = 1;
    this.#timeLeft = 1;
  }

  #recallFrom(chunk: Int32Array, start: number, wanted: number): number {
    const next = getPlace(chunk, start, 0);
    for (let place = 1; place <= places; place += 1) {
      const found = getPlace(chunk, start, place);
      if (found - (found & this.#timeMask) !== wanted) continue;
      setPlace(chunk, start, place, 0);
      const newer = next - place;
      return this.#since(found & this.#timeMask, newer < 0 ? newer + places : newer);
    }
    return -1;
  }

  /** From few sets to what is wanted by doubling, so that memory is taken only as it is used. */
  #grow(wanted: number): void {
    const needed = Math.max(1, Math.ceil(wanted / places));
    if (this.#sets === 0) {
      let sets = needed;
      while (sets > fewSets) sets = Math.ceil(sets / 2);
      this.#sets = sets;
    } else if (needed >= this.#sets * 1.5) {
      this.#sets *= 2;
      this.#before = this.#chunks;
    } else {
      this.#before = nothing;
      this.#remembered = 0;
      return;
    }
    this.#scale = this.#sets / 0x1_0000_0000;
    this.#remembered = 0;
    this.#chunks = new Array<Int32Array | undefined>(Math.ceil(this.#sets / chunkSets)).fill(undefined);
  }

  /** Makes a chunk: where a set was before, two are now, each of which begins as that one was. */
  #make(index: number): Int32Array {
    const sets = Math.min(chunkSets, this.#sets - index * chunkSets);
    const chunk = new Int32Array(sets << widthBits);
    this.#chunks[index] = chunk;
    for (let set = 0; set < sets; set += 1) {
      const parent = (index * chunkSets + set) >>> 1;
      const source = this.#before[parent >>> chunkBits];
      if (source === undefined) return chunk;
      const start = (parent & chunkMask) << widthBits;
      chunk.set(source.subarray(start, start + width), set << widthBits);
    }
    return chunk;
  }

  /** How many were evicted since a time that comes round, where in its set so many are newer: what is nearest to both. */
  #since(time: number, newer: number): number {
    const round = this.#timeStep << this.#timeBits;
    const lately = (((this.#time - time) & this.#timeMask) + 0.5) * this.#timeStep;
    const rounds = Math.max(0, Math.round(((newer + 0.5) * this.#sets - lately) / round));
    return Math.floor(lately + rounds * round);
  }

  /** Never 0, which stands for an empty place. */
  #fingerprintOf(mixed: number): number {
    return mixed & this.#fingerprintMask || 1;
  }

  #setOf(mixed: number): number {
    return ((mixed >>> 0) * this.#scale) >>> 0;
  }
}

/** Two halves of a number that are the same. */
const twice = 0x0001_0001;

/** Not 0 exactly if one of the halves of a number is (H. S. Warren, Hacker's Delight, 6-1). */
function zeroHalves(pair: number): number {
  return (pair - twice) & ~pair & 0x8000_8000;
}

function getPlace(chunk: Int32Array, start: number, place: number): number {
  return (chunk[start + (place >> 1)]! >>> ((place & 1) << 4)) & 0xffff;
}

function setPlace(chunk: Int32Array, start: number, place: number, value: number): void {
  const at = start + (place >> 1);
  const shift = (place & 1) << 4;
  chunk[at] = (chunk[at]! & ~(0xffff << shift)) | (value << shift);
}

/** A node of a cluster holds the keys of some partitions, which are the low bits of the hash: each bit must count anew. */
function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
