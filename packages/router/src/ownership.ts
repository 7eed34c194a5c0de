import type { View } from './view.ts';

/**
 * What this node may do with a partition now: answer for it; hold its calls, because it is being handed over; or send
 * callers elsewhere.
 */
export type Standing = 'owned' | 'sealed' | 'elsewhere';

/** The one place that says whether this node may answer for a partition. */
export class Ownership {
  readonly #self: string;
  readonly #sealed = new Map<number, { released: Promise<void>; release(): void }>();
  #view: View | undefined;

  constructor(self: string) {
    this.#self = self;
  }

  /** Puts a view in force. Seals stay: whoever set them lifts them. */
  set view(view: View) {
    this.#view = view;
  }

  standing(partition: number): Standing {
    if (this.#view?.owners[partition] !== this.#self) return 'elsewhere';
    return this.#sealed.has(partition) ? 'sealed' : 'owned';
  }

  /** The partitions this node owns, sealed ones included. */
  owned(): number[] {
    const list: number[] = [];
    for (const [partition, owner] of this.#view?.owners.entries() ?? [])
      if (owner === this.#self) list.push(partition);
    return list;
  }

  /** From now on calls for these partitions wait. */
  seal(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      if (this.#sealed.has(partition)) continue;
      let release: () => void = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      this.#sealed.set(partition, { released, release });
    }
  }

  /** Lets the waiting calls go on: to be answered here, or sent to the owner that the view names now. */
  unseal(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      const seal = this.#sealed.get(partition);
      this.#sealed.delete(partition);
      seal?.release();
    }
  }

  /** Resolves when the partition is no longer sealed. */
  released(partition: number): Promise<void> {
    return this.#sealed.get(partition)?.released ?? Promise.resolve();
  }
}
