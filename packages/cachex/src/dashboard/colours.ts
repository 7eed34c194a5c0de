/** Which colour each node has: the lowest that is free as it comes, kept until it goes. */
export class Colours {
  readonly #colours = new Map<string, number>();

  /** Forgets who is gone, and gives those who came a colour. */
  follow(ids: readonly string[]): void {
    for (const id of [...this.#colours.keys()]) if (!ids.includes(id)) this.#colours.delete(id);
    for (const id of ids) {
      if (this.#colours.has(id)) continue;
      const taken = new Set(this.#colours.values());
      let colour = 0;
      while (taken.has(colour)) colour += 1;
      this.#colours.set(id, colour);
    }
  }

  of(id: string): number {
    return this.#colours.get(id) ?? 0;
  }
}
