import type { View } from '../../src/cluster/index.ts';

export interface LossesOptions {
  /** How long the earlier owner may still answer after the view, if nothing proves that it is gone, in ms. */
  readonly lease: number;
  after(ms: number, task: () => void): void;
  /** A node is not a member any more. */
  gone(id: string): void;
  /** Who left in the view, as far as it was in a hurry. */
  hasty(id: string): boolean;
  /** From now on the entries of a partition may be gone; `all`: of every cache, or of those without backups alone. */
  mayBeLost(partition: number, all: boolean): void;
  /** They are gone. */
  lost(partition: number, all: boolean): void;
}

/**
 * Tells from the views, at the moment each is stored, what was lost: the data of a partition has begun again, or its owner
 * has gone and a copy was promoted, in which only backed caches have something.
 */
export class Losses {
  readonly #options: LossesOptions;
  #previous: View | undefined;
  /** How many partitions each node that left in a hurry took with it. */
  readonly taken = new Map<string, number>();

  constructor(options: LossesOptions) {
    this.#options = options;
  }

  follow(view: View): void {
    const { lease, after, hasty, mayBeLost, lost } = this.#options;
    const before = this.#previous;
    this.#previous = view;
    if (before === undefined) return;
    const present = new Set(view.members.map(({ incarnation }) => incarnation));
    const gone = new Set(
      before.members.filter(({ incarnation }) => !present.has(incarnation)).map(({ id }) => id),
    );
    for (const id of gone) this.#options.gone(id);
    for (const [partition, owner] of before.owners.entries()) {
      if (owner === null || !gone.has(owner)) continue;
      const all = view.origins[partition] !== before.origins[partition];
      if (all && hasty(owner)) this.taken.set(owner, (this.taken.get(owner) ?? 0) + 1);
      if (!view.fenced.includes(view.terms[partition]!)) {
        lost(partition, all);
        continue;
      }
      mayBeLost(partition, all);
      after(1.15 * lease, () => lost(partition, all));
    }
  }
}
