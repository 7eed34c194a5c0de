import type { Clock } from './clock.ts';
import { RouterError } from './errors.ts';
import { LinkError } from './in-flight.ts';
import type { PartitionSet } from './partition-set.ts';

/** A call as its caller sees it. */
export interface Call {
  readonly service: string;
  readonly handler: string;
  readonly args: readonly unknown[];
  /**
   * Whether executing it twice is harmless. If not, and its answer is lost, the owner of its key is asked what became of
   * it; a call to a node or to partitions then has an unknown outcome. Default: false.
   */
  readonly repeatable?: boolean;
  /** How long to wait, in ms. Default: that of the node. */
  readonly timeout?: number;
  /** Rejects with its reason when it aborts; what was already sent may still happen. */
  readonly signal?: AbortSignal;
  /** Whether it changes nothing, wherever it is executed: services are not told of it as `changing`. Default: false. */
  readonly reads?: boolean | undefined;
  /** A number from 0 to 3 for the handler, which knows what it means. Default: 0. */
  readonly hint?: number | undefined;
  /** Whether {@link Encoded} values in the answer are to be decoded. Default: false. */
  readonly open?: boolean;
  /**
   * Makes of the answer what the caller gets; of a call to the owner of a key only. If the node `from` has sent a note beside it,
   * this is called before anything else that comes from there is heard.
   */
  readonly finish?: ((value: unknown, note?: number, from?: string) => unknown) | undefined;
  /** Makes of an error what the caller gets; of a call to the owner of a key only. */
  readonly failed?: ((error: unknown) => unknown) | undefined;
}

/** How a call to partitions is shared out among their owners. */
export interface Shares {
  /** Those that are to be covered. */
  readonly partitions: Iterable<number>;
  /** The arguments for the owner of these of them, in place of those of the call. It may cover only some of them. */
  args(partitions: PartitionSet): readonly unknown[];
}

/** A call on its way: it keeps its id however often it is sent. */
export interface Journey extends Call {
  readonly id: number;
  /** On this node's clock. */
  readonly deadline: number;
}

/** Names of services and handlers have at most 255 bytes; so many characters always fit. */
const surelyFits = 85;

/** Begins a journey, or refuses a call that cannot be sent. */
export function beginJourney(call: Call, id: number, clock: Clock, timeout: number): Journey {
  call.signal?.throwIfAborted();
  const within = call.timeout ?? timeout;
  if (!(within > 0)) throw new RouterError('INVALID_OPTION', `timeout: ${within} is not a time above zero`);
  const { service, handler, args, repeatable = false, reads = false, hint, signal, open = false } = call;
  checkName(service);
  checkName(handler);
  const deadline = clock.now() + within;
  const journey = { service, handler, args, repeatable, reads, hint, open, id, deadline };
  return signal === undefined ? journey : { ...journey, signal };
}

function checkName(name: string): void {
  if (name.length <= surelyFits || Buffer.byteLength(name) <= 255) return;
  throw new RouterError('INVALID_OPTION', `'${name}' is too long a name`);
}

/** Bounds work that runs at `self` by the call's deadline and signal. */
export function inTime<T>(work: Promise<T>, journey: Journey, clock: Clock, self: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(Math.max(0, journey.deadline - clock.now()), () => {
      reject(new LinkError('timeout', true, `${self} did not answer in time`));
    });
    orAborted(work, journey, () => {})
      .finally(() => timer.cancel())
      .then(resolve, reject);
  });
}

/** Work, or the abort of the call that waits for it; `aborted` frees what the work holds. */
export function orAborted<T>(work: Promise<T>, { signal }: Journey, aborted: () => void): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      aborted();
      reject(signal.reason);
    };
    work.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * Lets a failed attempt pass if another one cannot do harm; else throws what the caller must know. The owner of a key
 * remembers what it has executed (`remembered`), so that a call can be sent again although it was sent.
 */
export function mayAskAgain(error: unknown, journey: Journey, remembered: boolean): LinkError {
  if (!(error instanceof LinkError)) throw error;
  if (error.reason === 'down' && (!error.sent || journey.repeatable === true || remembered)) return error;
  throw meaningOf(error, journey);
}

/** Whether a call that has failed may have been executed. */
export function mayHaveHappened(error: LinkError, journey: Journey): boolean {
  return error.sent && journey.repeatable !== true;
}

/** What a failed attempt means to the caller, if there is no other. */
export function meaningOf(error: LinkError, journey: Journey): RouterError {
  const options = { cause: error };
  const what = `${journey.service}.${journey.handler}`;
  if (error.reason === 'overloaded') return new RouterError('OVERLOADED', error.message, options);
  if (error.reason === 'tooLarge') return new RouterError('TOO_LARGE', error.message, options);
  if (mayHaveHappened(error, journey)) {
    const message = `${what} may or may not have happened: ${error.message}`;
    return new RouterError('UNKNOWN_OUTCOME', message, options);
  }
  const code = error.reason === 'timeout' && error.sent ? 'TIMEOUT' : 'NODE_DOWN';
  return new RouterError(code, `${what}: ${error.message}`, options);
}
