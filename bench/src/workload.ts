import type { Key } from './candidate.ts';
import { type KeyKind, keysOf } from './keys.ts';
import { seededRandom, shuffled } from './random.ts';
import { sharedValues } from './values.ts';
import { zipf } from './zipf.ts';

/** What the operations of a run are. */
export type Mix =
  /** Reads of keys that are there. */
  | 'hit'
  /** Reads of keys that are not there. */
  | 'miss'
  /** Writes over keys that are there. */
  | 'overwrite'
  /** Writes of keys that were never there, into a full cache: each evicts. */
  | 'insert'
  /** 90 % reads, 10 % writes of keys that some are far more frequent of than others; what a read misses is put. */
  | 'zipf';

/** Operations that are ready to be run: nothing of them is made while they are timed. */
export interface Batch {
  readonly keys: readonly Key[];
  readonly values: readonly unknown[];
  readonly writes: Uint8Array;
}

/** Ten times as many keys as fit. */
const zipfUniverse = 10;
const writeShare = 0.1;

/** The operations of one run: first those that fill the cache, then batch after batch. The same for every candidate. */
export class Workload {
  readonly mix: Mix;
  readonly entries: number;
  readonly #random = seededRandom(6);
  readonly #key: (id: number) => Key;
  readonly #value = sharedValues();
  readonly #drawn: () => number;

  constructor(mix: Mix, kind: KeyKind, entries: number) {
    this.mix = mix;
    this.entries = entries;
    const universe = { hit: 1, overwrite: 1, miss: 2, insert: 1, zipf: zipfUniverse }[mix] * entries;
    this.#key = keysOf(kind, universe);
    this.#drawn = this.#draw(mix, entries);
  }

  /** The keys that are there before anything is measured. */
  *filling(batch: number): Generator<Batch> {
    // The most frequent ones last, so that they are what a cache that has seen them before would hold.
    const ids = this.mix === 'zipf' ? descending(this.entries) : shuffled(this.entries, this.#random);
    for (let from = 0; from < ids.length; from += batch) {
      yield this.#batch(ids.subarray(from, from + batch));
    }
  }

  next(operations: number): Batch {
    const ids = new Uint32Array(operations);
    for (let n = 0; n < operations; n += 1) ids[n] = this.#drawn();
    return this.#batch(ids);
  }

  #batch(ids: Uint32Array): Batch {
    const keys = new Array<Key>(ids.length);
    const values = new Array<unknown>(ids.length);
    const writes = new Uint8Array(ids.length);
    for (let n = 0; n < ids.length; n += 1) {
      const id = ids[n]!;
      keys[n] = this.#key(id);
      values[n] = this.#value(id);
      if (this.mix === 'zipf') writes[n] = this.#random() < writeShare ? 1 : 0;
    }
    return { keys, values, writes };
  }

  #draw(mix: Mix, entries: number): () => number {
    const random = this.#random;
    if (mix === 'zipf') return zipf(zipfUniverse * entries, random);
    if (mix === 'miss') return () => entries + Math.floor(random() * entries);
    if (mix !== 'insert') return () => Math.floor(random() * entries);
    let next = entries;
    return () => next++;
  }
}

function descending(length: number): Uint32Array {
  const numbers = new Uint32Array(length);
  for (let n = 0; n < length; n += 1) numbers[n] = length - 1 - n;
  return numbers;
}
