/** A set of the numbers below `size`. */
export class BitSet {
  readonly #words: Int32Array;

  constructor(size: number) {
    // One word more than needed, so that there is always a number that is absent.
    this.#words = new Int32Array((size >> 5) + 1);
  }

  has(member: number): boolean {
    return (this.#words[member >> 5]! & (1 << (member & 31))) !== 0;
  }

  add(member: number): void {
    this.#words[member >> 5]! |= 1 << (member & 31);
  }

  delete(member: number): void {
    this.#words[member >> 5]! &= ~(1 << (member & 31));
  }

  /** The least number that is not in the set. */
  get leastAbsent(): number {
    const word = this.#leastGap();
    return word * 32 + 31 - Math.clz32(~this.#words[word]! & (this.#words[word]! + 1));
  }

  /** A text that tells this set from others; short where the set is little more than all numbers up to some one. */
  get key(): string {
    const first = this.#leastGap();
    let last = this.#words.length - 1;
    while (last >= first && this.#words[last] === 0) last -= 1;
    let key = String(first);
    for (let word = first; word <= last; word += 1) key += `.${(this.#words[word]! >>> 0).toString(36)}`;
    return key;
  }

  #leastGap(): number {
    let word = 0;
    while (this.#words[word] === -1) word += 1;
    return word;
  }
}
