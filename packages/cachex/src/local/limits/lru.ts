import { Links, SlotList } from './links.ts';
import type { Policy } from './policy.ts';

/** Evicts what was neither read nor written for the longest time. */
export class Lru implements Policy {
  readonly #links = new Links();
  readonly #order = new SlotList(this.#links);

  grow(slots: number): void {
    this.#links.grow(slots);
  }

  added(slot: number): void {
    this.#order.add(slot);
  }

  used(slot: number): void {
    this.#order.renew(slot);
  }

  written(slot: number): void {
    this.#order.renew(slot);
  }

  removed(slot: number): void {
    this.#order.remove(slot);
  }

  evict(): number {
    const slot = this.#order.oldest;
    this.#order.remove(slot);
    return slot;
  }

  clear(): void {
    this.#order.clear();
    this.#links.clear();
  }
}
