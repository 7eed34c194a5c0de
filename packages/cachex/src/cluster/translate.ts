import { CacheError, type CacheErrorCode } from '../errors.ts';

/** Codes of the router that mean nothing to a user of the cache. */
const renamed: Readonly<Record<string, CacheErrorCode>> = { UNKNOWN_HANDLER: 'PROTOCOL' };

/**
 * What a clustered method rejects with. Errors of this library, here or rebuilt from the wire, become a `CacheError` of
 * the same code; a user's own error is passed on as it is.
 */
export function translate(error: unknown): unknown {
  if (error instanceof CacheError || !(error instanceof Error)) return error;
  if (error.name !== 'CacheError' && error.name !== 'RouterError') return error;
  const { code } = error as Error & { code: string };
  const translated = new CacheError(renamed[code] ?? (code as CacheErrorCode), error.message, {
    cause: error.cause ?? error,
  });
  return translated;
}
