/**
 * Which of many items come most often, from a bounded number of counts. An item that is a larger share of all than one in
 * `places` is among those counted, and none is counted for too little by more than that share (J. Misra, D. Gries, Finding
 * repeated elements, 1982).
 */
export class Frequent<I, T> {
  readonly #places: number;
  readonly #counts = new Map<I, { readonly item: T; count: number }>();
  #total = 0;

  constructor(places: number) {
    this.#places = places;
  }

  /** How many were added. */
  get total(): number {
    return this.#total;
  }

  /** Counts an item; items of the same identity are the same. */
  add(identity: I, item: T): void {
    this.#total += 1;
    const known = this.#counts.get(identity);
    if (known !== undefined) known.count += 1;
    else if (this.#counts.size < this.#places) this.#counts.set(identity, { item, count: 1 });
    else {
      for (const [other, counted] of this.#counts) {
        counted.count -= 1;
        if (counted.count === 0) this.#counts.delete(other);
      }
    }
  }

  /** The `most` that came most often, the first of them first. */
  top(most: number): readonly { readonly item: T; readonly count: number }[] {
    return [...this.#counts.values()].sort((one, other) => other.count - one.count).slice(0, most);
  }
}
