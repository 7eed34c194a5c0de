import { CacheError } from '../errors.ts';

/** A function that is missing is missing somewhere: say where. */
export function located(error: unknown, node: string): unknown {
  if (!(error instanceof CacheError) || error.code !== 'UNKNOWN_FUNCTION') return error;
  return new CacheError(error.code, `node '${node}': ${error.message}`, { cause: error });
}
