import type { Key } from '@cachex/router/hash';
import { describe } from './describe.ts';
import { CacheError } from './errors.ts';
import { tagList } from './local/tags.ts';
import { checkKey, checkOptions, type OptionCheck, type Parameter } from './parameters.ts';
import type { Traits } from './portable.ts';

/** An entry as a record: what `export` answers with and `import` takes. */
export interface EntryRecord<K = Key, V = unknown> {
  readonly key: K;
  readonly value: V;
  /** What is left of its time to live in milliseconds; `null` if it never expires. */
  readonly ttl: number | null;
  /** When it was last written or touched, in milliseconds since 1970. */
  readonly modified: number;
  /** Its whole time to live, which `refresh` starts anew. */
  readonly lifetime: number | null;
  /** For how long, in milliseconds, it is kept as a stale one once it has expired; left out if it is not. */
  readonly staleFor?: number;
  /** Left out if it has none. */
  readonly tags?: readonly string[];
}

/** A record to import: a key and a value, and what else is known of the entry. */
export type ImportedRecord<K = Key, V = unknown> = Pick<
  EntryRecord<K, V>,
  'key' | 'value' | 'staleFor' | 'tags'
> & {
  /** What is left of its time to live in milliseconds, `null` for ever; without it the cache's `ttl`. At 0 and below it is left out. */
  readonly ttl?: number | null;
  /** Default: now. */
  readonly modified?: number;
  /** Default: `ttl`. */
  readonly lifetime?: number | null;
};

/** A record that was checked. */
export interface CheckedRecord {
  readonly key: Key;
  readonly value: unknown;
  readonly ttl?: number | null;
  readonly modified?: number;
  readonly lifetime?: number | null;
  readonly staleFor?: number;
  readonly tags?: readonly string[];
}

/** Checked records; those of a list all at once, others as they come. */
export type Records = Iterable<CheckedRecord> | AsyncIterable<CheckedRecord>;

/** Records to import: a list, or anything that can be iterated. */
export const recordsParameter: Parameter<Records> = {
  kind: 'plain',
  check(input) {
    if (Array.isArray(input)) return input.map(checkRecord);
    if (typeof input === 'object' && input !== null) {
      if (Symbol.asyncIterator in input) return checkedLater(input as AsyncIterable<unknown>);
      if (Symbol.iterator in input) return checkedInTurn(input as Iterable<unknown>);
    }
    throw new CacheError('INVALID_OPTION', `records: ${describe(input)} is not a list of records`);
  },
};

/** What a record says of its entry; `undefined` if its time has come. */
export function traitsOfRecord(
  { key, ttl, modified, lifetime, staleFor, tags }: CheckedRecord,
  wall: number,
  defaultTtl: () => number | null,
): Traits | undefined {
  const remaining = ttl === undefined ? defaultTtl() : ttl;
  if (remaining !== null && remaining <= 0) return undefined;
  const age = modified === undefined ? 0 : Math.max(0, wall - modified);
  const life = lifetime === undefined ? remaining : lifetime;
  if (tags !== undefined) return [key, age, remaining, life, staleFor ?? 0, tags];
  return staleFor === undefined ? [key, age, remaining, life] : [key, age, remaining, life, staleFor];
}

function* checkedInTurn(records: Iterable<unknown>): Generator<CheckedRecord> {
  let index = 0;
  for (const record of records) yield checkRecord(record, index++);
}

async function* checkedLater(records: AsyncIterable<unknown>): AsyncGenerator<CheckedRecord> {
  let index = 0;
  for await (const record of records) yield checkRecord(record, index++);
}

function checkRecord(record: unknown, index: number): CheckedRecord {
  const checked = checkOptions(`records[${index}]`, record, checks, `records[${index}].`);
  if (!Object.hasOwn(checked, 'key')) checkKey(undefined);
  return { value: undefined, ...checked } as unknown as CheckedRecord;
}

const left: OptionCheck = (option, input) => {
  if (input === null || input === Number.POSITIVE_INFINITY) return null;
  if (typeof input === 'number' && !Number.isNaN(input)) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not milliseconds or null`);
};

const whole: OptionCheck = (option, input) => {
  const ms = left(option, input);
  if (ms === null || (ms as number) > 0) return ms;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a time above zero`);
};

const instant: OptionCheck = (option, input) => {
  if (typeof input === 'number' && Number.isFinite(input)) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an instant in milliseconds`);
};

const checks: Readonly<Record<keyof EntryRecord, OptionCheck>> = {
  key: (_option, input) => checkKey(input),
  value: (_option, input) => input,
  ttl: left,
  modified: instant,
  lifetime: whole,
  staleFor(option, input) {
    if (typeof input === 'number' && input >= 0) return input;
    throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not milliseconds from 0`);
  },
  tags: tagList,
};

/** The record of an entry. `wall` is what time it is. */
export function recordOf(traits: Traits, value: unknown, wall: number): EntryRecord {
  const [key, age, remaining, ttl, staleFor = 0, tags] = traits;
  const record = { key, value, ttl: remaining, modified: Math.round(wall - age), lifetime: ttl };
  return { ...record, ...(staleFor > 0 ? { staleFor } : {}), ...(tags === undefined ? {} : { tags }) };
}
