import { type Part, PartialResultError } from '@cachex/router';
import type { Merge } from '../action.ts';
import { CacheError } from '../errors.ts';
import type { CallSettings } from './call-options.ts';

/** One answer from the parts; never silently from some of them. */
export async function mergeParts<R>(
  name: string,
  merge: Merge<R>,
  asked: Promise<readonly Part<unknown>[]>,
  settings: CallSettings,
): Promise<R> {
  const combine = (parts: readonly Part<unknown>[]): R => merge.combine(parts.map(({ value }) => value as R));
  try {
    return combine(await asked);
  } catch (error) {
    if (!(error instanceof PartialResultError)) throw error;
    const value = combine(error.parts);
    if (settings.partial === 'allow') return value;
    const { message, cause, missing, epoch } = error;
    const answered = error.parts.reduce((total, { covered }) => total + [...covered].length, 0);
    const partial = new CacheError('PARTIAL_RESULT', `${name}: ${message}`, { cause });
    throw Object.assign(partial, { value, answered, missing, epoch });
  }
}
