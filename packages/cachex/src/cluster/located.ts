import { CacheError } from '../errors.ts';

const missing: ReadonlySet<string> = new Set(['UNKNOWN_FUNCTION', 'UNKNOWN_COMMAND']);

/** A function or a command that is missing is missing somewhere: says where. */
export function located(error: unknown, node: string): unknown {
  if (!(error instanceof CacheError) || !missing.has(error.code)) return error;
  return new CacheError(error.code, `node '${node}': ${error.message}`, { cause: error });
}
