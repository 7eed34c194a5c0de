import type { Key } from '@cachex/router/hash';
import type { CacheKey } from './contract.ts';

/** The names of request headers that a response varies by, sorted. */
export type Variation = readonly string[];

/** What is known of a URL. Its responses are found by what it says, so without it there are none. */
export interface Resource {
  /** Drawn at random. Responses that were stored under an earlier one are not found any more. */
  readonly generation: string;
  /** By what its responses vary. */
  readonly variations: readonly Variation[];
  /** When the last of them is to be deleted, in ms since 1970. */
  readonly until: number;
}

/** Values of headers; one that is not there is `null` or `undefined`. */
type Headers = Readonly<Record<string, string | readonly string[] | null | undefined>>;

export function resourceKey({ origin, path }: Pick<CacheKey, 'origin' | 'path'>): Key {
  return [origin, path];
}

/** The key of the response to requests with these values of the headers that it varies by. */
export function responseKey(
  { origin, path, method }: CacheKey,
  { generation }: Resource,
  variation: Variation,
  headers: Headers = {},
): Key {
  const values = variation.map((name) => [name, headers[name] ?? null]);
  return [origin, path, generation, method, JSON.stringify(values)];
}

/** Whether responses that vary so are looked for, until then. */
export function covers({ variations, until }: Resource, variation: Variation, deleteAt: number): boolean {
  return until >= deleteAt && variations.some((names) => names.join() === variation.join());
}
