/**
 * Why a routed call failed.
 *
 * - `CLOSED`: this node has left or is closed.
 * - `FENCED`: the cluster has removed this node while it could not be heard, and goes on without it; join again.
 * - `TIMEOUT`: the deadline passed; the call was not executed, or it is one that may be repeated.
 * - `NODE_DOWN`: the owner cannot be reached, and nobody has taken over its partition within the deadline.
 * - `UNKNOWN_OUTCOME`: a call that may not be repeated was sent, and nobody can tell any more what became of it.
 * - `OVERLOADED`: a limit on calls in flight or queued bytes was reached; the call was not executed.
 * - `TOO_LARGE`: one call or answer is larger than the limit on frames.
 * - `INVALID_KEY`: a key is none of those that name an entry; nothing was sent.
 * - `NOT_SERIALIZABLE`: a value cannot be sent to another node; the message names the path inside it.
 * - `UNKNOWN_HANDLER`: the owner has no handler of that name.
 * - `PARTIAL_RESULT`: a merged call could not cover every partition.
 * - `CONFIG_MISMATCH`: this node's settings contradict those of the cluster.
 * - `INVALID_OPTION`: an option is unknown or has a bad value.
 * - `PROTOCOL`: a peer sent what the protocol does not allow, or refused the handshake.
 */
export type RouterErrorCode =
  | 'CLOSED'
  | 'FENCED'
  | 'TIMEOUT'
  | 'NODE_DOWN'
  | 'UNKNOWN_OUTCOME'
  | 'OVERLOADED'
  | 'TOO_LARGE'
  | 'INVALID_KEY'
  | 'NOT_SERIALIZABLE'
  | 'UNKNOWN_HANDLER'
  | 'PARTIAL_RESULT'
  | 'CONFIG_MISMATCH'
  | 'INVALID_OPTION'
  | 'PROTOCOL';

/** The one error class of the router; tell its instances apart by `code`. */
export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly code: RouterErrorCode;

  constructor(code: RouterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
