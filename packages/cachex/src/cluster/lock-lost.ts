import { CacheError } from '../errors.ts';

/** What a transaction gets whose locks were not held to its end. */
export function lockLost(cache: string): CacheError {
  return new CacheError(
    'LOCK_LOST',
    `a lock of a transaction on '${cache}' was lost before it could commit: its lease ran out, or \`clear\` overruled it; nothing was written, run it again`,
  );
}
