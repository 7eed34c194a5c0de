import type { Key } from '@cachex/router/hash';
import { describe, describeKey } from '../../describe.ts';
import { CacheError } from '../../errors.ts';
import { estimateSize } from '../size.ts';
import type { ValueForm } from '../value-form.ts';

/** How many bytes an entry has by the user's function. It may fail, and use the cache. */
export function measuredBy(
  sizeOf: (value: unknown, key: Key) => number,
  values: ValueForm,
): (held: unknown, key: Key) => number {
  return (held, key) => {
    const size: unknown = sizeOf(values.open(held), key);
    if (typeof size === 'number' && size >= 0) return size;
    const message = `limit.sizeOf: it answered ${describe(size)} for ${describeKey(key)}; it must answer how many bytes that is`;
    throw new CacheError('INVALID_OPTION', message);
  };
}

/** How many bytes an entry has, of what is known without such a function. */
export function estimateEntry(values: ValueForm, held: unknown, key: Key): number {
  return estimateSize(key) + (values.size?.(held) ?? estimateSize(values.open(held)));
}
