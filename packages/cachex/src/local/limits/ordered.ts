import { Links, SlotList } from './links.ts';
import type { Policy } from './policy.ts';

/**
 * Evicts what is first in an order: that in which entries were added ('fifo'), last written ('lrw', as Cachex calls it), or last
 * read or written ('lru').
 */
export class Ordered implements Policy {
  readonly #links = new Links();
  readonly #order = new SlotList(this.#links);
  readonly #by: 'fifo' | 'lrw' | 'lru';

  constructor(by: 'fifo' | 'lrw' | 'lru') {
    this.#by = by;
  }

  grow(slots: number): void {
    this.#links.grow(slots);
  }

  added(slot: number): void {
    this.#order.add(slot);
  }

  used(slot: number): void {
    if (this.#by === 'lru') this.#order.renew(slot);
  }

  written(slot: number): void {
    if (this.#by !== 'fifo') this.#order.renew(slot);
  }

  removed(slot: number): void {
    this.#order.remove(slot);
  }

  evict(): number {
    const slot = this.#order.oldest;
    this.#order.removeOldest();
    return slot;
  }

  clear(): void {
    this.#order.clear();
    this.#links.clear();
  }
}
