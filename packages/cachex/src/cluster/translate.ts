import { CacheError, type CacheErrorCode } from '../errors.ts';

/** Codes of the router that mean nothing to a user of the cache. */
const renamed: Readonly<Record<string, CacheErrorCode>> = { UNKNOWN_HANDLER: 'PROTOCOL' };

/**
 * What a clustered method rejects with. Errors of this library, here or rebuilt from the wire, become a `CacheError` of
 * the same code; a user's own error is passed on as it is.
 */
export function translate(error: unknown): unknown {
  if (error instanceof CacheError || !(error instanceof Error)) return error;
  if (error.name === 'CacheError') return rebuild(error);
  if (error.name !== 'RouterError') return error;
  const { code } = error as Error & { code: string };
  return new CacheError(renamed[code] ?? (code as CacheErrorCode), error.message, {
    cause: error.cause ?? error,
  });
}

/** A `CacheError` that lost its class on the wire: the same again, whatever it carries. */
function rebuild(error: Error): CacheError {
  const { code } = error as Error & { code: CacheErrorCode };
  const rebuilt = new CacheError(code, error.message, 'cause' in error ? { cause: error.cause } : {});
  Object.defineProperty(rebuilt, 'stack', { value: error.stack, writable: true, configurable: true });
  return Object.assign(rebuilt, error);
}
