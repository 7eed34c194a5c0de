import type { View } from './view.ts';

/**
 * What this node may do with a partition now: answer for it; hold its calls, because it is being handed over; or send
 * callers elsewhere.
 */
export type Standing = 'owned' | 'sealed' | 'elsewhere';

interface Seal {
  /** How many have sealed the partition and not unsealed it. */
  holders: number;
  readonly released: Promise<void>;
  release(): void;
}

/** The one place that says whether this node may answer for a partition. */
export class Ownership {
  readonly #self: string;
  readonly #sealed = new Map<number, Seal>();
  readonly #fenced = new Set<number>();
  /** Set while everything is sealed, whatever this node comes to own meanwhile. */
  #all: Seal | undefined;
  #view: View | undefined;
  /** Whether the view gives it every partition. */
  #owner = false;
  #everything = false;

  constructor(self: string) {
    this.#self = self;
  }

  /** Puts a view in force. Seals stay: whoever set them lifts them. */
  set view(view: View) {
    this.#view = view;
    this.#owner = view.owners.every((owner) => owner === this.#self);
    this.#changed();
  }

  /** Whether this node may answer for every partition. */
  get everything(): boolean {
    return this.#everything;
  }

  standing(partition: number): Standing {
    if (this.#view?.owners[partition] !== this.#self) return 'elsewhere';
    return this.#all !== undefined || this.#sealed.has(partition) ? 'sealed' : 'owned';
  }

  /** The partitions this node owns, sealed ones included. */
  owned(): number[] {
    const list: number[] = [];
    for (const [partition, owner] of this.#view?.owners.entries() ?? [])
      if (owner === this.#self) list.push(partition);
    return list;
  }

  /** From now on calls for these partitions wait, until everybody who sealed them has unsealed them. */
  seal(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      const seal = this.#sealed.get(partition);
      if (seal === undefined) this.#sealed.set(partition, newSeal());
      else seal.holders += 1;
    }
    this.#changed();
  }

  /** Lets the waiting calls go on: to be answered here, or sent to the owner that the view names now. */
  unseal(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      const seal = this.#sealed.get(partition);
      if (seal === undefined) continue;
      seal.holders -= 1;
      if (seal.holders > 0) continue;
      this.#sealed.delete(partition);
      this.#changed();
      seal.release();
    }
  }

  /** Seals partitions whose earlier owner may still answer, until {@link lift} says that it cannot. */
  fence(partitions: readonly number[]): void {
    for (const partition of partitions) this.#fenced.add(partition);
    this.seal(partitions);
  }

  lift(partitions: readonly number[]): void {
    for (const partition of partitions) this.#fenced.delete(partition);
    this.unseal(partitions);
  }

  /** Whether a partition is this node's, but the earlier owner may still answer for it. */
  fenced(partition: number): boolean {
    return this.#fenced.has(partition);
  }

  /** Seals whatever this node owns, and whatever it is still given. */
  sealAll(): void {
    this.#all ??= newSeal();
    this.#changed();
  }

  /** Lifts every seal, whoever set it: this node owns nothing any more, and those who wait are told who does. */
  unsealAll(): void {
    const seals = [...this.#sealed.values()];
    this.#sealed.clear();
    this.#fenced.clear();
    if (this.#all !== undefined) seals.push(this.#all);
    this.#all = undefined;
    this.#changed();
    for (const seal of seals) seal.release();
  }

  /** Resolves when the partition is no longer sealed. */
  released(partition: number): Promise<void> {
    return (this.#all ?? this.#sealed.get(partition))?.released ?? Promise.resolve();
  }

  /** Every call of a lone node asks whether it answers for everything. */
  #changed(): void {
    this.#everything = this.#owner && this.#all === undefined && this.#sealed.size === 0;
  }
}

function newSeal(): Seal {
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { holders: 1, released, release };
}
