import { isCacheError } from '../errors.ts';

/** How the program ends. */
export const exitCodes = {
  done: 0,
  /** What was asked about is not there, or not as it should be. */
  no: 1,
  /** The command line is wrong. */
  usage: 2,
  /** There is no such cluster, or it does not let this program in. */
  unreachable: 3,
  /** A call has failed. */
  failed: 4,
  /** The user has ended it. */
  interrupted: 130,
} as const;

/** What is told to the user in place of a stack: what is wrong, and what to do next. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(
    exitCode: number,
    code: string,
    message: string,
    { hint, cause }: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.exitCode = exitCode;
    this.code = code;
    this.hint = hint;
  }
}

/** The command line is wrong. */
export function usage(message: string, hint?: string): Failure {
  return new Failure(exitCodes.usage, 'USAGE', message, hint === undefined ? {} : { hint });
}

const trust =
  'give the secret of the cluster in CACHEX_SECRET or --secret-file, or the certificates it trusts (--tls-cert, --tls-key, --tls-ca)';

/** What to do about an error of the library, by its code. */
const hints: Readonly<Record<string, string>> = {
  CONFIG_MISMATCH: 'use the version of cachex that the nodes use, and another --id if it is taken',
  CROSS_SLOT: 'these keys have several owners: give them one at a time',
  FENCED: 'this program could not be heard for a while; run it again',
  INVALID_DUMP: 'nothing was loaded: take another copy of the file, or dump again',
  LOCKED: 'a transaction holds the key: try again, or give a longer --timeout',
  MISSING_PACKAGE:
    'install what is missing beside cachex: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv',
  NODE_DOWN: '`cachex status` shows who is down; if it never comes back: `cachex forget <node>`',
  NOT_TRUSTED: trust,
  OVERLOADED: 'the nodes have too much to do: try again, more slowly',
  PARTIAL_RESULT: '`cachex status` shows who does not answer; a longer --timeout may be enough',
  PROTOCOL: 'nodes and program are of versions that do not understand each other; `cachex doctor` shows them',
  STORE_LOST: 'see docs/nats.md#when-the-bucket-is-lost',
  TIMEOUT: '`cachex doctor` shows who does not answer; give a longer --timeout if all are merely slow',
  UNKNOWN_OUTCOME: 'read the key again to see whether it was written',
};

/** Any error, as it is told. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { message, code } = error as Error & { code?: unknown };
  if (isCacheError(error)) return failed(error.code, message, error);
  if (typeof code === 'string') return failed(code, message, error);
  return new Failure(exitCodes.failed, 'ERROR', message ?? String(error), { cause: error });
}

function failed(code: string, message: string, cause: unknown): Failure {
  const hint = hints[code];
  return new Failure(exitCodes.failed, code, message, hint === undefined ? { cause } : { hint, cause });
}

/** An error of joining: nothing was asked of the cluster yet. */
export function joinFailureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code, message, hint } = failureOf(error);
  const toDo =
    code === 'TIMEOUT' ? 'are its nodes running, and can they call back this program? See --listen' : hint;
  return new Failure(exitCodes.unreachable, code, message, {
    cause: error,
    ...(toDo === undefined ? {} : { hint: toDo }),
  });
}
