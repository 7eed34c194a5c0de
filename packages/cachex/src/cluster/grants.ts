import type { Clock, Link, Timer } from '@cachex/router';
import { partitionOf } from '@cachex/router/hash';

/** How many promises one cache remembers at a node unless it is told otherwise. */
const mostGrants = 131_072;

/** How much longer a promise is remembered than it was given for: clocks do not run at the same speed. */
const margin = 1.25;

export interface GrantsOptions {
  /** The name of the cache. */
  readonly name: string;
  readonly clock: Clock;
  readonly partitions: number;
  /** The longest time for which a promise is given, in ms. */
  readonly longest: number;
  /** How many there may be. */
  readonly most?: number;
}

/**
 * Whom this node has promised to tell when a key changes, while it owns it. Each promise is kept once: whoever was told asks
 * again. Keys are known by their hash alone; who shares one is told once too often.
 */
export class Grants {
  readonly #options: GrantsOptions;
  readonly #most: number;
  /** Promises are forgotten a generation at a time: none needs a timer of its own. */
  #newer = new Generation();
  #older = new Generation();
  readonly #links = new Set<Link>();
  #timer: Timer | undefined;

  constructor(options: GrantsOptions) {
    this.#options = options;
    this.#most = options.most ?? mostGrants;
  }

  /** How many promises are remembered. */
  get size(): number {
    return this.#newer.size + this.#older.size;
  }

  /** Promises to tell a link of the next change under a hash; `false`: there is no room for another promise. */
  give(link: Link, hash: number): boolean {
    if (!this.#links.has(link)) this.#meet(link);
    const partition = this.#partitionOf(hash);
    if (this.#newer.has(partition, hash, link)) return true;
    if (!this.#older.remove(partition, hash, link) && this.size >= this.#most) return false;
    this.#newer.add(partition, hash, link);
    this.#timer ??= this.#rotateLater();
    return true;
  }

  /** What is under a hash is another now, or gone. */
  changed(hash: number): void {
    if (this.#timer === undefined) return;
    const partition = this.#partitionOf(hash);
    for (const generation of [this.#newer, this.#older]) this.#tell(hash, generation.take(partition, hash));
  }

  /** The same of everything in a partition, or it is another node's now. */
  changedAll(partition: number): void {
    if (this.#timer === undefined) return;
    for (const generation of [this.#newer, this.#older])
      for (const [hash, links] of generation.takeAll(partition)) this.#tell(hash, links);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#newer = new Generation();
    this.#older = new Generation();
    this.#links.clear();
  }

  #partitionOf(hash: number): number {
    return partitionOf(hash, this.#options.partitions);
  }

  #tell(hash: number, links: Links | undefined): void {
    if (links === undefined) return;
    const { name } = this.#options;
    if (links instanceof Set) for (const link of links) link.tell(name, hash);
    else links.tell(name, hash);
  }

  /** Mostly that of a caller which has dialled again: its earlier one has ended, and with it what was promised over it. */
  #meet(link: Link): void {
    const ended = [...this.#links].filter(({ open }) => !open);
    for (const each of ended) this.#links.delete(each);
    this.#links.add(link);
    if (ended.length > 0) for (const generation of [this.#newer, this.#older]) generation.removeEnded();
  }

  #rotateLater(): Timer {
    const { clock, longest } = this.#options;
    return clock.after(longest * margin, () => {
      this.#older = this.#newer;
      this.#newer = new Generation();
      this.#timer = this.#older.size === 0 ? undefined : this.#rotateLater();
      if (this.#timer === undefined) this.#links.clear();
    });
  }
}

/** Most keys have been promised to one caller only. */
type Links = Link | Set<Link>;

/** Promises of about the same time, by partition and hash. */
class Generation {
  readonly #parts = new Map<number, Map<number, Links>>();
  size = 0;

  has(partition: number, hash: number, link: Link): boolean {
    const links = this.#parts.get(partition)?.get(hash);
    return links === link || (links instanceof Set && links.has(link));
  }

  /** One that is not there. */
  add(partition: number, hash: number, link: Link): void {
    let part = this.#parts.get(partition);
    if (part === undefined) {
      part = new Map();
      this.#parts.set(partition, part);
    }
    const links = part.get(hash);
    if (links === undefined) part.set(hash, link);
    else if (links instanceof Set) links.add(link);
    else part.set(hash, new Set([links, link]));
    this.size += 1;
  }

  /** Answers whether it was there. */
  remove(partition: number, hash: number, link: Link): boolean {
    const part = this.#parts.get(partition);
    const links = part?.get(hash);
    if (links === link) {
      this.take(partition, hash);
      return true;
    }
    if (!(links instanceof Set) || !links.delete(link)) return false;
    this.size -= 1;
    if (links.size === 0) part!.delete(hash);
    return true;
  }

  take(partition: number, hash: number): Links | undefined {
    const part = this.#parts.get(partition);
    const links = part?.get(hash);
    if (links === undefined) return undefined;
    part!.delete(hash);
    if (part!.size === 0) this.#parts.delete(partition);
    this.size -= sizeOf(links);
    return links;
  }

  takeAll(partition: number): Iterable<[hash: number, links: Links]> {
    const part = this.#parts.get(partition);
    if (part === undefined) return [];
    this.#parts.delete(partition);
    for (const links of part.values()) this.size -= sizeOf(links);
    return part;
  }

  removeEnded(): void {
    for (const [partition, part] of this.#parts) {
      for (const [hash, links] of part) {
        const ended = (links instanceof Set ? [...links] : [links]).filter(({ open }) => !open);
        for (const link of ended) this.remove(partition, hash, link);
      }
    }
  }
}

function sizeOf(links: Links): number {
  return links instanceof Set ? links.size : 1;
}
