import type { Key } from '@cachex/router/hash';
import { chunkBits, chunkMask } from './columns.ts';
import { sameKey } from './keys.ts';

/**
 * A cell is 0, or a slot and six bits of its hash in one number: a search that passes other keys rejects 63 of 64 of them
 * without looking at anything else. The whole hash beside the slot was measured as no faster, and takes 8 bytes an entry more.
 */
const slotBits = 26;
const slotMask = (1 << slotBits) - 1;
const tagMask = ~slotMask;

/** The most slots there can be: one less than a cell can name. */
export const mostSlots: number = slotMask;

/** As many cells as a segment has when it is divided: 32 KiB, which takes about a tenth of a millisecond. */
const mostCells = 8_192;
const fewestCells = 16;
/** The longest distance that is kept; what it stands for may be longer. */
const farthest = 255;
/**
 * Five eighths: with four fifths a search is as fast, thanks to six bits of the hash, and memory a little less; but what must
 * be walked when an entry goes is three times as long.
 */
const fullest = (cells: number): number => (cells >>> 1) + (cells >>> 3);

/** Open addressing with linear probing over one array, which is at most five eighths full. */
interface Segment {
  cells: Int32Array;
  /**
   * How far each cell is from where its search begins, at most 255: what must move up when an entry goes is known without
   * its hash, which lies elsewhere. (To look at the hashes took a third of the time of an insertion that evicts.)
   */
  distances: Uint8Array;
  used: number;
  /** So many cells may be used. */
  most: number;
  /** How many of the first bits of a hash it is that all of its entries share. */
  depth: number;
}

/** Where the entries of a slot index are, as far as it must know. */
export interface Slots {
  /** Key and value of each slot, one after the other. */
  readonly items: readonly (readonly unknown[])[];
  readonly hashOf: (slot: number) => number;
}

/**
 * Finds slots by key: extendible hashing (R. Fagin, J. Nievergelt, N. Pippenger, H. R. Strong, 1979). The first bits of a hash
 * choose a segment, the last its place there. A segment that is full is divided into two, so that growing never takes longer
 * than one segment does, however many entries there are. Nothing is left where an entry was: what follows moves up.
 */
export class SlotIndex {
  readonly #items: Slots['items'];
  readonly #hashOf: Slots['hashOf'];
  /** By the first bits of the hash, as many as `#depth`; several places have the same segment where it has fewer. */
  #directory: Segment[] = [newSegment(fewestCells, 0)];
  #segments = 1;
  #depth = 0;
  /** How many of 31 bits are not among them. */
  #shift = 31;

  constructor(slots: Slots) {
    this.#items = slots.items;
    this.#hashOf = slots.hashOf;
  }

  /** The slot of a key, or -1. */
  find(key: Key, hash: number): number {
    const items = this.#items;
    const { cells } = this.#directory[(hash >>> 1) >>> this.#shift]!;
    const mask = cells.length - 1;
    let at = (hash ^ (hash >>> 13)) & mask;
    for (let cell = cells[at]!; cell !== 0; cell = cells[at]!) {
      if ((cell ^ (hash << 13)) >>> slotBits === 0) {
        const slot = (cell & slotMask) - 1;
        const other = items[slot >>> chunkBits]![(slot & chunkMask) << 1];
        if (other === key || (typeof key !== 'string' && sameKey(other as Key, key))) return slot;
      }
      at = (at + 1) & mask;
    }
    return -1;
  }

  /** Adds a slot whose key is not there, and whose hash is in its place. */
  add(slot: number, hash: number): void {
    let segment = this.#directory[(hash >>> 1) >>> this.#shift]!;
    while (segment.used >= segment.most) {
      this.#enlarge(segment);
      segment = this.#directory[(hash >>> 1) >>> this.#shift]!;
    }
    place(segment, slot, hash);
  }

  /** Removes a slot that is there. */
  remove(slot: number, hash: number): void {
    const segment = this.#directory[(hash >>> 1) >>> this.#shift]!;
    const { cells, distances } = segment;
    const mask = cells.length - 1;
    const sought = (slot + 1) | (tagOf(hash) & tagMask);
    let hole = homeOf(hash) & mask;
    for (let cell = cells[hole]!; cell !== sought; cell = cells[hole]!) {
      if (cell === 0) throw new RangeError(`slot ${slot} is not in the index`);
      hole = (hole + 1) & mask;
    }
    // What follows moves up as far as its own search would come (D. E. Knuth, TAOCP 6.4, algorithm R). Marks instead
    // would have to be swept up again and again where entries come and go.
    let back = 1;
    let at = (hole + 1) & mask;
    for (let cell = cells[at]!; cell !== 0; cell = cells[at]!) {
      let distance = distances[at]!;
      if (distance === farthest) distance = this.#distance(cell, at, mask);
      if (distance >= back) {
        cells[hole] = cell;
        distance -= back;
        distances[hole] = distance < farthest ? distance : farthest;
        hole = at;
        back = 0;
      }
      back += 1;
      at = (at + 1) & mask;
    }
    cells[hole] = 0;
    segment.used -= 1;
  }

  clear(): void {
    this.#directory = [newSegment(fewestCells, 0)];
    this.#segments = 1;
    this.#depth = 0;
    this.#shift = 31;
  }

  /** The bytes it takes. */
  get bytes(): number {
    let bytes = this.#directory.length * 8;
    for (const segment of new Set(this.#directory))
      bytes += segment.cells.byteLength + segment.distances.byteLength;
    return bytes;
  }

  /** How far a cell is from where its search begins, if that is too far for a byte. */
  #distance(cell: number, at: number, mask: number): number {
    return (at - homeOf(this.#hashOf((cell & slotMask) - 1))) & mask;
  }

  /**
   * Divides a segment once it has the size to be divided; before, and where keys are so much alike that dividing would only
   * make the directory larger, it gets more cells.
   */
  #enlarge(segment: Segment): void {
    const { cells, depth } = segment;
    const crowded = depth === this.#depth && this.#directory.length >= 16 * this.#segments;
    if (cells.length < mostCells || crowded) {
      segment.cells = new Int32Array(cells.length * 2);
      segment.distances = new Uint8Array(cells.length * 2);
      segment.most = fullest(cells.length * 2);
      segment.used = 0;
      this.#refill(cells, () => segment);
      return;
    }
    if (depth === this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each]);
      this.#depth += 1;
      this.#shift -= 1;
    }
    const left = newSegment(cells.length, depth + 1);
    const right = newSegment(cells.length, depth + 1);
    this.#segments += 1;
    const from = this.#directory.indexOf(segment);
    const places = 1 << (this.#depth - depth);
    this.#directory.fill(left, from, from + places / 2);
    this.#directory.fill(right, from + places / 2, from + places);
    this.#refill(cells, (hash) => (((hash >>> (31 - depth)) & 1) === 0 ? left : right));
  }

  #refill(cells: Int32Array, segmentOf: (hash: number) => Segment): void {
    for (const cell of cells) {
      if (cell === 0) continue;
      const slot = (cell & slotMask) - 1;
      const hash = this.#hashOf(slot);
      // Hashes that are alike may all come to one side, which has room for them: it is as large as what they came from.
      place(segmentOf(hash), slot, hash);
    }
  }
}

function newSegment(cells: number, depth: number): Segment {
  return {
    cells: new Int32Array(cells),
    distances: new Uint8Array(cells),
    used: 0,
    most: fullest(cells),
    depth,
  };
}

function place(segment: Segment, slot: number, hash: number): void {
  const { cells, distances } = segment;
  const mask = cells.length - 1;
  const home = homeOf(hash) & mask;
  let at = home;
  while (cells[at] !== 0) at = (at + 1) & mask;
  cells[at] = (slot + 1) | (tagOf(hash) & tagMask);
  const distance = (at - home) & mask;
  distances[at] = distance < farthest ? distance : farthest;
  segment.used += 1;
}

/** Not the last bits alone: of the partitions of a cluster, which are these, a node has some only. */
function homeOf(hash: number): number {
  return hash ^ (hash >>> 13);
}

/** Bits that tell apart what lies close together, in the place of the first bits of a cell. */
function tagOf(hash: number): number {
  return hash << 13;
}
