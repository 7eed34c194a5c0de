import { partitionOf } from '@cachex/router/hash';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { OptionCheck } from '../parameters.ts';
import type { Slot } from './store.ts';

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
  readonly #slots = new Map<number, Map<string, Set<Slot>>>();

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  /** The entries of a partition that carry a tag; the list does not change while they do. */
  find(partition: number, tag: string): readonly Slot[] {
    return [...(this.#slots.get(partition)?.get(tag) ?? [])];
  }

  add(slot: Slot, hash: number, tags: readonly string[]): void {
    const partition = partitionOf(hash, this.#partitions);
    const byTag = this.#slots.get(partition) ?? new Map<string, Set<Slot>>();
    this.#slots.set(partition, byTag);
    for (const tag of tags) {
      const slots = byTag.get(tag);
      if (slots === undefined) byTag.set(tag, new Set([slot]));
      else slots.add(slot);
    }
  }

  remove(slot: Slot, hash: number, tags: readonly string[]): void {
    const partition = partitionOf(hash, this.#partitions);
    const byTag = this.#slots.get(partition);
    for (const tag of tags) {
      const slots = byTag?.get(tag);
      slots?.delete(slot);
      if (slots?.size === 0) byTag!.delete(tag);
    }
    if (byTag?.size === 0) this.#slots.delete(partition);
  }

  clear(partition: number): void {
    this.#slots.delete(partition);
  }
}
