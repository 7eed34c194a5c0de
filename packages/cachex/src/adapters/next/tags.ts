import { commit } from '../../outcome.ts';
import type { Opener } from './source.ts';

/** How long what carries a tag may still be served, in seconds; absent: not at all. */
export interface Durations {
  readonly expire?: number;
}

/** When a tag was revalidated; all in ms since 1970. */
export interface TagRecord {
  /** What is not younger than this is expired. */
  readonly expired?: number;
  /** What is not younger than this is stale. */
  readonly stale?: number;
  /** When what is stale expires, if it does. */
  readonly limit?: number;
}

export type TagState = 'fresh' | 'stale' | 'expired';

/** The most tags that an entry of a cache can have, and how long one can be. */
const mostTags = 64;
const longestTag = 256;

/** What an entry is given as tags. They free the memory of what is expired; whether it is, the records of the tags say. */
export function entryTags(tags: readonly string[]): string[] {
  return [...new Set(tags)].filter(isEntryTag).slice(0, mostTags);
}

/** Now, as Next tells it: rounded up, so that what was made before is not younger. */
export function instant(): number {
  return Math.ceil(performance.timeOrigin + performance.now());
}

/** When tags were revalidated, for all processes. */
export class Tags {
  readonly #tags: Opener;
  readonly #entries: Opener;

  constructor(tags: Opener, entries: Opener) {
    this.#tags = tags;
    this.#entries = entries;
  }

  /** What has become of something that carries these tags and was made at `timestamp`. */
  async stateOf(tags: readonly string[], timestamp: number): Promise<TagState> {
    const now = instant();
    const records = await this.#records(tags);
    if (records.some((record) => expiredBy(record, now) >= timestamp)) return 'expired';
    return records.some(({ stale = 0 }) => stale >= timestamp) ? 'stale' : 'fresh';
  }

  /** When the last of these tags expired; 0 if none ever did. */
  async expiration(tags: readonly string[]): Promise<number> {
    const now = instant();
    const records = await this.#records(tags);
    return Math.max(0, ...records.map((record) => expiredBy(record, now)));
  }

  /** Expires what carries one of these tags and was made before, at once or after a time for which it is stale. */
  async update(tags: readonly string[], durations?: Durations): Promise<void> {
    const [records, entries] = await Promise.all([this.#tags(), this.#entries()]);
    const now = instant();
    // The record first: what is stored from now on is judged by it.
    await Promise.all(
      tags.map(async (tag) => {
        await records.getAndUpdate(recordKey(tag), (record) =>
          // For ever: an entry may live as long.
          commit(revalidated((record ?? {}) as TagRecord, now, durations), { ttl: null }),
        );
        if (durations === undefined && isEntryTag(tag)) await entries.invalidateTag(tag);
      }),
    );
  }

  async #records(tags: readonly string[]): Promise<TagRecord[]> {
    if (tags.length === 0) return [];
    const cache = await this.#tags();
    const records = (await cache.getMany(tags.map(recordKey))) as (TagRecord | undefined)[];
    return records.filter((record) => record !== undefined);
  }
}

/** What is not younger than this is expired by now. */
function expiredBy({ expired = 0, stale = 0, limit }: TagRecord, now: number): number {
  return limit !== undefined && limit <= now ? Math.max(expired, stale) : expired;
}

function revalidated(record: TagRecord, now: number, durations: Durations | undefined): TagRecord {
  const { stale = 0, limit } = record;
  const pending = limit === undefined || limit <= now ? undefined : limit;
  const before = {
    stale,
    expired: expiredBy(record, now),
    ...(pending === undefined ? {} : { limit: pending }),
  };
  if (durations === undefined) return { ...before, expired: Math.max(before.expired, now) };
  if (durations.expire === undefined) return { ...before, stale: Math.max(stale, now) };
  // What was to expire earlier still does.
  const next = Math.min(pending ?? Number.POSITIVE_INFINITY, now + durations.expire * 1_000);
  return { ...before, stale: Math.max(stale, now), limit: next };
}

function recordKey(tag: string): readonly [string, string] {
  return ['tag', tag];
}

function isEntryTag(tag: string): boolean {
  return tag.length > 0 && tag.length <= longestTag;
}
