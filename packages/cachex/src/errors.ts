/**
 * Why an operation failed. Each code is documented in docs/errors.md with what to do about it.
 *
 * - `INVALID_KEY`: a key is not a string, number, bigint, boolean, null, or an array of these.
 * - `INVALID_OPTION`: an argument or option is unknown or has a bad value; the message names it.
 * - `MISSING_PACKAGE`: an optional package is not installed; the message names it.
 * - `STORE_LOST`: the view store has less than this node has seen in it; nothing changes until that is put right.
 * - `NON_NUMERIC_VALUE`: `incr` met a value that is not an integer; the entry is unchanged.
 * - `NOT_SERIALIZABLE`: a value cannot be sent to another node; the message names the path inside it.
 * - `UNKNOWN_FUNCTION`: no function of that name is registered where the call ran.
 * - `LOCKED`: a transaction held the key for as long as the call could wait; nothing has changed.
 * - `LOCK_LOST`: a transaction was not committed, because its locks had run out or were overruled; nothing has changed.
 * - `UNKNOWN_COMMAND`: no command of that name is registered where the call ran.
 * - `CROSS_SLOT`: keys belong to several nodes, of a call that only one node can execute as a whole.
 * - `TIMEOUT`: the deadline passed; the call has changed nothing. (The load of a `fetch` goes on, and may be stored.)
 * - `NODE_DOWN`: the owner of the key cannot be reached.
 * - `UNKNOWN_OUTCOME`: a write was sent, and nobody can tell any more whether it has happened.
 * - `OVERLOADED`: too many calls in flight or bytes queued; it was not executed.
 * - `TOO_LARGE`: the call or its answer exceeds the limit on frames.
 * - `PARTIAL_RESULT`: a call about all entries, all nodes or many keys could not reach everything it concerns.
 * - `INVALID_DUMP`: a file is not a complete and undamaged dump; nothing of it was loaded.
 * - `CONFIG_MISMATCH`: settings differ from those the cluster has agreed on.
 * - `PROTOCOL`: a peer broke the protocol or refused the handshake.
 * - `CLOSED`: the cache or its node is closed.
 * - `FENCED`: the cluster has removed this node while it could not be heard: a call was not executed. Join again.
 */
export type CacheErrorCode =
  | 'INVALID_KEY'
  | 'INVALID_OPTION'
  | 'MISSING_PACKAGE'
  | 'STORE_LOST'
  | 'NON_NUMERIC_VALUE'
  | 'NOT_SERIALIZABLE'
  | 'UNKNOWN_FUNCTION'
  | 'LOCKED'
  | 'LOCK_LOST'
  | 'UNKNOWN_COMMAND'
  | 'CROSS_SLOT'
  | 'TIMEOUT'
  | 'NODE_DOWN'
  | 'UNKNOWN_OUTCOME'
  | 'OVERLOADED'
  | 'TOO_LARGE'
  | 'PARTIAL_RESULT'
  | 'INVALID_DUMP'
  | 'CONFIG_MISMATCH'
  | 'PROTOCOL'
  | 'CLOSED'
  | 'FENCED';

/** The one error class of the cache; tell its instances apart by `code`. It crosses the wire as itself. */
export class CacheError extends Error {
  override readonly name = 'CacheError';
  readonly code: CacheErrorCode;
  /** With `PARTIAL_RESULT`: what was answered, merged. */
  declare readonly value?: unknown;
  /** With `PARTIAL_RESULT`: how many partitions answered, or nodes, if each node was asked. */
  declare readonly answered?: number;
  /** With `PARTIAL_RESULT`: the partitions that did not, or the ids of the nodes. */
  declare readonly missing?: readonly number[] | readonly string[];
  /** With `PARTIAL_RESULT`: the epoch of the view in force at the deadline. */
  declare readonly epoch?: number;
  /** With `INVALID_DUMP`: where the part of the file begins that is damaged, or where the file ends too early. */
  declare readonly offset?: number;

  constructor(code: CacheErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether `error` is a {@link CacheError}, and has that code if one is given. Works across copies of this package. */
export function isCacheError<C extends CacheErrorCode>(
  error: unknown,
  code?: C,
): error is CacheError & { code: C } {
  return (
    error instanceof Error &&
    error.name === 'CacheError' &&
    (code === undefined || (error as CacheError).code === code)
  );
}
