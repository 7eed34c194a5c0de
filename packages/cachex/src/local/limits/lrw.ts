import { Links, SlotList } from './links.ts';
import type { Policy } from './policy.ts';

/** Evicts what was not written for the longest time: what Cachex calls LRW. Reads cost nothing. */
export class Lrw implements Policy {
  readonly #links = new Links();
  readonly #order = new SlotList(this.#links);

  grow(slots: number): void {
    this.#links.grow(slots);
  }

  added(slot: number): void {
    this.#order.add(slot);
  }

  used(_slot: number): void {}

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
