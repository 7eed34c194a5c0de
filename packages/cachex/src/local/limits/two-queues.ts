import { chunkBits, chunkMask } from '../columns.ts';
import { Links, SlotList } from './links.ts';
import { mostUses, type Resident } from './policy.ts';

/** Beside its uses since it was examined last, where an entry is. */
const inMain = 4;
const unmarked = ~(mostUses | inMain);

/**
 * What S3-FIFO and its relatives are made of: a small queue for what is new, a main one for what has proved itself, and a
 * count of uses for each entry. A use changes its mark, and of what is used much not even that; entries change places
 * only when they are examined, at the end of their queue.
 */
export class TwoQueues {
  readonly small: SlotList;
  readonly main: SlotList;
  readonly #resident: Resident;
  readonly #links = new Links();
  readonly #marks: readonly Int32Array[];
  #smallWeight = 0;
  #mainWeight = 0;

  constructor(resident: Resident) {
    this.#resident = resident;
    this.#marks = resident.marks.chunks;
    this.small = new SlotList(this.#links);
    this.main = new SlotList(this.#links);
  }

  /** How many entries there are. */
  get length(): number {
    return this.small.length + this.main.length;
  }

  get smallWeight(): number {
    return this.#smallWeight;
  }

  get mainWeight(): number {
    return this.#mainWeight;
  }

  grow(slots: number): void {
    this.#links.grow(slots);
  }

  isInMain(slot: number): boolean {
    return (this.#marks[slot >>> chunkBits]![slot & chunkMask]! & inMain) !== 0;
  }

  usesOf(slot: number): number {
    return this.#marks[slot >>> chunkBits]![slot & chunkMask]! & mostUses;
  }

  use(slot: number): void {
    const marks = this.#marks[slot >>> chunkBits]!;
    const mark = marks[slot & chunkMask]!;
    if ((mark & mostUses) !== mostUses) marks[slot & chunkMask] = mark + 1;
  }

  reweigh(slot: number, change: number): void {
    if (this.isInMain(slot)) this.#mainWeight += change;
    else this.#smallWeight += change;
  }

  addToSmall(slot: number, uses = 0): void {
    this.#mark(slot, uses);
    this.small.add(slot);
    this.#smallWeight += this.#resident.weightOf(slot);
  }

  addToMain(slot: number): void {
    this.#mark(slot, inMain);
    this.main.add(slot);
    this.#mainWeight += this.#resident.weightOf(slot);
  }

  /** Moves an entry of the small queue to the main one, its uses forgotten. */
  promote(slot: number): void {
    this.remove(slot);
    this.addToMain(slot);
  }

  /** Lets an entry pass through its queue once more, with so many uses. */
  again(slot: number, uses: number): void {
    const main = this.isInMain(slot);
    this.#mark(slot, main ? inMain | uses : uses);
    if (main) this.main.renew(slot);
    else this.small.renew(slot);
  }

  /** What `remove` does, for the oldest entry of the small queue. */
  removeOldestOfSmall(): void {
    this.#smallWeight -= this.#resident.weightOf(this.small.oldest);
    this.small.removeOldest();
  }

  /** What `remove` does, for the oldest entry of the main queue. */
  removeOldestOfMain(): void {
    this.#mainWeight -= this.#resident.weightOf(this.main.oldest);
    this.main.removeOldest();
  }

  remove(slot: number): void {
    const weight = this.#resident.weightOf(slot);
    if (this.isInMain(slot)) {
      this.main.remove(slot);
      this.#mainWeight -= weight;
    } else {
      this.small.remove(slot);
      this.#smallWeight -= weight;
    }
  }

  clear(): void {
    this.small.clear();
    this.main.clear();
    this.#links.clear();
    this.#smallWeight = 0;
    this.#mainWeight = 0;
  }

  #mark(slot: number, bits: number): void {
    const marks = this.#marks[slot >>> chunkBits]!;
    marks[slot & chunkMask] = (marks[slot & chunkMask]! & unmarked) | bits;
  }
}
