import { type RoutedNode, systemClock as routerClock, type View } from '@cachex/router';
import { identityOf, type Key, partitionOf } from '@cachex/router/hash';
import { systemClock } from '../local/clock.ts';
import { Engine } from '../local/engine.ts';
import { type CheckedLimit, limitOption } from '../local/limit-options.ts';
import type { CheckedNear } from '../local/settings.ts';
import { none } from '../local/store.ts';
import { byReference } from '../local/value-form.ts';
import { isOperation } from './caller.ts';
import { Keeping } from './lending.ts';

const hot: CheckedNear = {
  limit: limitOption('hotKeys', { size: 256 }) as CheckedLimit,
  expire: 1_000,
};

/** How the near cache of a node is doing. */
export interface NearStatus {
  /** How many values of other nodes it holds. */
  readonly size: number;
  /** Reads that it has answered, which no owner has counted. */
  readonly hits: number;
  /** Values that were kept. */
  readonly kept: number;
  /** Values that were dropped because their owner told of a change. */
  readonly invalidations: number;
}

export interface NearCacheOptions {
  /** The name of the cache. */
  readonly name: string;
  readonly node: RoutedNode;
  readonly limit: CheckedLimit;
  /** How long a value is kept at most, in ms. */
  readonly expire: number;
  /** Whether everything is kept that is read, or only what is hot. */
  readonly everything: boolean;
}

/** The near cache of a node, if it is to have one; values of hot keys alone are few. */
export function nearCacheOf(
  name: string,
  node: RoutedNode,
  { nearCache, hotKeys }: { readonly nearCache: CheckedNear | undefined; readonly hotKeys: boolean },
): NearCache | undefined {
  if (nearCache !== undefined) return new NearCache({ name, node, ...nearCache, everything: true });
  return hotKeys ? new NearCache({ name, node, ...hot, everything: false }) : undefined;
}

/** When a read began: what it brings is kept only if nothing has intervened. */
export interface Reading {
  readonly at: number;
  readonly order: number;
}

/** A link to another node, as long as it stands. */
interface Source {
  open: boolean;
}

interface Kept {
  readonly key: Key;
  readonly value: unknown;
  readonly source: Source;
}

/**
 * Values of keys that other nodes own, as their readers have them: each was lent by the owner, which tells over the same link
 * when it changes. A value is answered only if nothing is known that may have changed it, and only while this node is in
 * touch with its cluster.
 */
export class NearCache {
  readonly #node: RoutedNode;
  readonly #expire: number;
  /** What the owner is told with a read. */
  readonly hint: number;
  /** By hash, because that is what invalidations tell. Of keys that share one, the last is kept. */
  readonly #engine: Engine;
  readonly #sources = new Map<string, Source>();
  /** Of each partition, when something in it may have changed last; counted, like the beginnings of reads. */
  readonly #changes: Float64Array;
  #order = 0;
  /** When something may have changed everywhere. */
  #changedAll = 0;
  #view: View;
  #hits = 0;
  #kept = 0;
  #invalidations = 0;

  constructor({ name, node, limit, expire, everything }: NearCacheOptions) {
    const partitions = node.view.owners.length;
    this.#node = node;
    this.#expire = expire;
    this.hint = everything ? Keeping.everything : Keeping.hot;
    this.#view = node.view;
    this.#changes = new Float64Array(partitions);
    this.#engine = new Engine({
      name,
      // The same time, but this one can be had a little old for much less.
      clock: node.clock === routerClock ? systemClock : node.clock,
      random: node.random,
      partitions,
      values: byReference,
      ttl: null,
      expiration: { interval: 3_000, lazy: true, jitter: 0 },
      functions: {},
      stats: false,
      limit,
    });
  }

  /** The value of a key, if it is here. */
  read(key: Key, hash: number): unknown {
    if (this.#engine.store.length === 0) return undefined;
    const place = hash | 0;
    const value = this.#valueOf(this.#engine.read(place, place), key);
    if (value !== undefined) this.#hits += 1;
    return value;
  }

  /** The same without counting as a use or a hit. */
  peek(key: Key, hash: number): unknown {
    const place = hash | 0;
    const slot = this.#engine.peek(place, place);
    return slot === none ? undefined : this.#valueOf(this.#engine.store.value(slot), key);
  }

  /** A read of what is not here is about to be sent. */
  begin(): Reading {
    return { at: this.#engine.clock.recent(), order: this.#order };
  }

  /** That read has brought a value, which its owner `from` has lent for so many ms. */
  keep(key: Key, hash: number, value: unknown, { at, order }: Reading, lent: number, from: string): void {
    const { clock, closed } = this.#engine;
    if (closed || value === undefined || this.#changedAll > order) return;
    if (this.#changes[this.#partitionOf(hash)]! > order) return;
    // The owner counts from when it answered, which was later.
    const left = Math.min(lent, this.#expire) - (clock.now() - at);
    if (left <= 0) return;
    let source = this.#sources.get(from);
    if (source === undefined) {
      source = { open: true };
      this.#sources.set(from, source);
    }
    const place = hash | 0;
    this.#engine.write(place, place, { key, value, source } satisfies Kept, left);
    this.#kept += 1;
  }

  /** The owner of these keys tells that they change. */
  noticed(hashes: readonly number[]): void {
    for (const hash of hashes) {
      this.#changes[this.#partitionOf(hash)] = this.#tick();
      if (this.#drop(hash)) this.#invalidations += 1;
    }
  }

  /** What that node had promised to tell will not come. */
  parted(from: string): void {
    this.#changedAll = this.#tick();
    const source = this.#sources.get(from);
    if (source === undefined) return;
    source.open = false;
    this.#sources.delete(from);
  }

  /** A call of this node that may change something begins or has ended: it reads its own writes. */
  changing(handler: string, target: number | Iterable<number>): void {
    if (typeof target !== 'number') for (const partition of target) this.#dropAll(partition);
    // What an operation changes is named by its arguments; all of it is in the partition of its key.
    else if (isOperation(handler)) this.#dropAll(this.#partitionOf(target));
    else {
      this.#changes[this.#partitionOf(target)] = this.#tick();
      this.#drop(target);
    }
  }

  /** Another view is in force: whoever has become the owner of a partition has promised nothing. */
  follow(view: View): void {
    const { terms } = this.#view;
    this.#view = view;
    for (let partition = 0; partition < terms.length; partition += 1)
      if (terms[partition] !== view.terms[partition]) this.#dropAll(partition);
  }

  get status(): NearStatus {
    return {
      size: this.#engine.store.length,
      hits: this.#hits,
      kept: this.#kept,
      invalidations: this.#invalidations,
    };
  }

  close(): void {
    this.#engine.close();
  }

  #valueOf(held: unknown, key: Key): unknown {
    if (held === undefined) return undefined;
    const kept = held as Kept;
    if (kept.key !== key && identityOf(kept.key) !== identityOf(key)) return undefined;
    if (!kept.source.open || !this.#node.inTouch(this.#engine.clock.recent())) return undefined;
    return kept.value;
  }

  #partitionOf(hash: number): number {
    return partitionOf(hash, this.#changes.length);
  }

  #tick(): number {
    this.#order += 1;
    return this.#order;
  }

  #drop(hash: number): boolean {
    const place = hash | 0;
    const slot = this.#engine.store.find(place, place);
    if (slot === none) return false;
    this.#engine.remove(slot);
    return true;
  }

  #dropAll(partition: number): void {
    this.#changes[partition] = this.#tick();
    if (this.#engine.store.length > 0) this.#engine.clear(partition);
  }
}
