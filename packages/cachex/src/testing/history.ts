import type { Clock } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { isCacheError } from '../errors.ts';

/**
 * What is known of an operation: it was answered (`ok`), it certainly took no effect (`failed`), or neither (`unknown`):
 * then it may take effect at any time after its invocation, even after it returned, or never.
 */
export type OperationOutcome = 'ok' | 'failed' | 'unknown';

/** What a client asks for. */
export interface Invocation {
  readonly client: string | number;
  readonly key: Key;
  readonly action: string;
  /** The arguments after the key. */
  readonly args?: readonly unknown[];
}

/** One operation of a history. Its values must be left as they were when it was recorded. */
export interface Operation extends Invocation {
  readonly args: readonly unknown[];
  /** When it was asked for, on the clock that all operations of the history share. */
  readonly invoked: number;
  /** When its answer arrived; none if it never returned. */
  readonly returned?: number;
  readonly outcome: OperationOutcome;
  /** The answer, if the outcome is `ok`. */
  readonly result?: unknown;
}

/** Tells the history how an operation ended; to be called once, or never. */
export type Settle = (outcome: OperationOutcome, result?: unknown) => void;

/** Records what concurrent clients ask of a cache and what they are answered. */
export class History {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #operations: Operation[] = [];
  #latest = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** All operations, in the order of their invocation; those that have not returned are `unknown`. */
  get operations(): readonly Operation[] {
    return [...this.#operations];
  }

  /** A client asks for something. Returns what to call once it is known how that ended. */
  invoke({ client, key, action, args = [] }: Invocation): Settle {
    const asked = { client, key, action, args, invoked: this.#instant() };
    const position = this.#operations.length;
    this.#operations.push({ ...asked, outcome: 'unknown' });
    let settled = false;
    return (outcome, result) => {
      if (settled) throw new Error(`${action} of client ${client} has been settled before`);
      settled = true;
      const answer = outcome === 'ok' ? { result } : {};
      this.#operations[position] = { ...asked, returned: this.#instant(), outcome, ...answer };
    };
  }

  /** Records a call of a cache from its start to its end, and passes on what it answers or throws. */
  async record<T>(invocation: Invocation, call: () => T | Promise<T>): Promise<T> {
    const settle = this.invoke(invocation);
    try {
      const result = await call();
      settle('ok', result);
      return result;
    } catch (error) {
      settle(outcomeOf(error));
      throw error;
    }
  }

  /**
   * Two events never share an instant: what is recorded later happened later, be it by the least that a number can
   * tell, so that clocks which stand still or are coarse do not make operations overlap that did not.
   */
  #instant(): number {
    const next = this.#latest + Math.max(Number.MIN_VALUE, Math.abs(this.#latest) * Number.EPSILON);
    this.#latest = Math.max(
      this.#clock.now(),
      this.#latest === Number.NEGATIVE_INFINITY ? this.#latest : next,
    );
    return this.#latest;
  }
}

/** Codes of errors after which it is certain that the call changed nothing. */
const harmless = ['INVALID_KEY', 'INVALID_OPTION', 'NON_NUMERIC_VALUE', 'OVERLOADED', 'TIMEOUT'] as const;

/** What an error of a cache tells of the outcome of the call that failed with it. */
export function outcomeOf(error: unknown): 'failed' | 'unknown' {
  return harmless.some((code) => isCacheError(error, code)) ? 'failed' : 'unknown';
}
