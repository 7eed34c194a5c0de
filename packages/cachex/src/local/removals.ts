import type { Key } from '@cachex/router/hash';
import type { Change } from './engine.ts';
import type { Events } from './events.ts';
import type { Limits } from './limits/limits.ts';
import type { Statistics } from './statistics.ts';
import { none, type Slot, type Store } from './store.ts';
import type { TagIndex } from './tags.ts';

export interface RemovalsSettings {
  readonly store: Store;
  readonly tags: TagIndex;
  readonly limits: Limits | undefined;
  readonly statistics: Statistics | undefined;
  readonly events: Events;
  /** Told where what changes is copied. */
  readonly changed: ((change: Change) => void) | undefined;
  /** Whether the time of an entry is still to come. */
  readonly isLive: (slot: Slot) => boolean;
}

/**
 * How entries leave, and who learns of it, in this order: the limits, tags, the store, copies, and last of all whoever counts and
 * listens, who may change anything.
 */
export class Removals {
  readonly #settings: RemovalsSettings;
  /** Stale entries whose copies know that their time has come. */
  readonly #lapsed = new Set<Slot>();

  constructor(settings: RemovalsSettings) {
    this.#settings = settings;
  }

  /** Removes an entry on request: nothing is reported. */
  drop(slot: Slot): void {
    this.#settings.limits?.removed(slot);
    this.#delete(slot);
  }

  /** Removes an entry to make room; one that has expired but is kept is told of as expired. */
  evict(slot: Slot): void {
    this.#settings.limits?.removed(slot);
    this.makeWay(slot);
  }

  /** The same for one that the limits do not count any more. */
  makeWay(slot: Slot): void {
    if (this.#settings.isLive(slot)) this.#evicted(slot);
    else this.#expired(slot);
  }

  /** What is larger than everything may be, is as good as evicted when it is written. */
  evictUnwritten(key: Key, hash: number): void {
    const { store, limits, statistics, events } = this.#settings;
    const slot = store.find(key, hash);
    if (slot !== none) {
      limits?.removed(slot);
      this.#evicted(slot);
      return;
    }
    statistics?.add('evictions');
    events.evicted(key);
  }

  /** Removes and reports an entry whose time has come. */
  expire(slot: Slot): void {
    this.#settings.limits?.removed(slot);
    this.#expired(slot);
  }

  /** Whoever takes this partition over must not take it for a live one: it has expired for those who asked. */
  lapse(slot: Slot): void {
    const { store, changed } = this.#settings;
    if (changed === undefined || this.#lapsed.has(slot)) return;
    this.#lapsed.add(slot);
    changed({ type: 'lapse', key: store.key(slot), hash: store.hash(slot) });
  }

  /** An entry is about to leave, or to become another one: what is known of it beside the columns is forgotten. */
  untag(slot: Slot): void {
    const { store } = this.#settings;
    // Neither is there without something beside the columns.
    if (store.isPlain(slot)) return;
    this.#lapsed.delete(slot);
    const list = store.tags(slot);
    if (list !== undefined) this.#settings.tags.remove(slot, store.hash(slot), list);
  }

  /** Forgets what a partition has here, or gives it to another store; returns how much it was. */
  empty(partition: number, into?: Store): number {
    const { store, tags, limits } = this.#settings;
    const count = store.size([partition]);
    if (count === store.length) {
      limits?.clear();
      this.#lapsed.clear();
    } else {
      for (let slot = store.first(partition); slot !== none; slot = store.next(slot)) {
        limits?.removed(slot);
        this.#lapsed.delete(slot);
      }
    }
    if (into === undefined) store.clearPartition(partition);
    else into.take(partition, store);
    tags.clear(partition);
    return count;
  }

  /** Removes and reports what the limits do not count any more, as evicted. */
  #evicted(slot: Slot): void {
    const { store, statistics, events } = this.#settings;
    const key = store.key(slot);
    this.#delete(slot);
    statistics?.add('evictions');
    events.evicted(key);
  }

  /** The same for one whose time has come. */
  #expired(slot: Slot): void {
    const { store, statistics, events } = this.#settings;
    const key = store.key(slot);
    this.#delete(slot);
    statistics?.add('expirations');
    events.expired(key);
  }

  /** Takes an entry out of everything but the limits, which must have been told before. */
  #delete(slot: Slot): void {
    const { store, changed } = this.#settings;
    if (changed === undefined) {
      this.untag(slot);
      this.#free(slot);
      return;
    }
    const key = store.key(slot);
    const hash = store.hash(slot);
    this.untag(slot);
    this.#free(slot);
    changed({ type: 'remove', key, hash });
  }

  #free(slot: Slot): void {
    const { store, limits } = this.#settings;
    store.remove(slot);
    // The store has given back what it needed for many.
    if (store.slots === 0) limits?.clear();
  }
}
