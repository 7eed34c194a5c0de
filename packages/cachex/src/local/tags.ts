import { partitionOf } from '@cachex/router/hash';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { OptionCheck } from '../parameters.ts';
import type { Entry, Store } from './store.ts';

/** How many tags an entry may have, and how long each may be. */
const mostTags = 64;
const longestTag = 256;

/** Refuses with `INVALID_OPTION` what is not a tag. */
export function checkTag(option: string, input: unknown): string {
  if (typeof input !== 'string' || input === '')
    throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a tag; use a string`);
  if (input.length <= longestTag) return input;
  const message = `${option}: ${describe(input)} has ${input.length} characters; a tag has ${longestTag} at most`;
  throw new CacheError('INVALID_OPTION', message);
}

/** The tags of an entry, each once; none is the same as no option at all. */
export const tagList: OptionCheck = (option, input) => {
  if (!Array.isArray(input))
    throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an array of tags`);
  const tags = [...new Set(input.map((tag, index) => checkTag(`${option}[${index}]`, tag)))];
  if (tags.length <= mostTags) return tags.length === 0 ? undefined : tags;
  const message = `${option}: ${tags.length} tags are too many; an entry has ${mostTags} at most`;
  throw new CacheError('INVALID_OPTION', message);
};

/** Whether one of the tags is in the set. */
export function anyOf(tags: readonly string[] | undefined, among: ReadonlySet<string> | undefined): boolean {
  return tags !== undefined && among !== undefined && tags.some((tag) => among.has(tag));
}

/** Which entries carry which tag, by partition. Where nothing is tagged there is nothing here. */
export class TagIndex {
  readonly #partitions: number;
  readonly #entries = new Map<number, Map<string, Set<Entry>>>();

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  /** The entries of a partition that carry a tag; the list does not change while they do. */
  find(partition: number, tag: string): readonly Entry[] {
    return [...(this.#entries.get(partition)?.get(tag) ?? [])];
  }

  add(entry: Entry): void {
    if (entry.tags === undefined) return;
    const partition = partitionOf(entry.hash, this.#partitions);
    const tags = this.#entries.get(partition) ?? new Map<string, Set<Entry>>();
    this.#entries.set(partition, tags);
    for (const tag of entry.tags) {
      const entries = tags.get(tag);
      if (entries === undefined) tags.set(tag, new Set([entry]));
      else entries.add(entry);
    }
  }

  remove(entry: Entry): void {
    if (entry.tags === undefined) return;
    const partition = partitionOf(entry.hash, this.#partitions);
    const tags = this.#entries.get(partition);
    for (const tag of entry.tags) {
      const entries = tags?.get(tag);
      entries?.delete(entry);
      if (entries?.size === 0) tags!.delete(tag);
    }
    if (tags?.size === 0) this.#entries.delete(partition);
  }

  /** Another store has brought the entries of a partition. */
  rebuild(partition: number, store: Store): void {
    this.clear(partition);
    for (const entry of store.entries(partition)) this.add(entry);
  }

  clear(partition: number): void {
    this.#entries.delete(partition);
  }
}
