import { identityOf, type Key } from '@cachex/router/hash';
import { describeUndecided, describeViolation } from './explanation.ts';
import type { Operation } from './history.ts';
import type { Model } from './models.ts';
import { Search } from './search.ts';

export interface CheckOptions {
  /** How many states the search for one key may visit before it gives up. Default: 200,000. */
  readonly limit?: number;
}

/** Whether a history is linearizable, and why it is or is not. */
export type Verdict =
  | {
      readonly verdict: 'linearizable';
      /** An order of the operations that explains every answer, key after key. */
      readonly order: readonly Operation[];
      readonly visited: number;
    }
  | {
      readonly verdict: 'not-linearizable';
      readonly key: Key;
      /** The longest order that could be found, measured by how far it reaches in time. */
      readonly linearized: readonly Operation[];
      /** The operation that had to be next, or earlier, and fits nowhere. */
      readonly stuck: Operation;
      /** What orders as long as that one leave behind. */
      readonly states: readonly unknown[];
      readonly visited: number;
      /** All this as a text. */
      readonly message: string;
    }
  | {
      /** The search visited as many states as it may, and found neither. */
      readonly verdict: 'undecided';
      readonly key: Key;
      readonly visited: number;
      readonly message: string;
    };

/**
 * Is there, for each key, an order of its operations that is consistent with real time and in which the sequential model
 * gives every answer that was observed? (Herlihy and Wing, "Linearizability: a correctness condition for concurrent
 * objects", 1990.) Each key is judged by itself, which comes to the same: linearizability is local.
 */
export function checkLinearizability<S>(
  model: Model<S>,
  operations: readonly Operation[],
  { limit = 200_000 }: CheckOptions = {},
): Verdict {
  if (!(limit >= 1)) throw new RangeError(`limit must be a number from 1, not ${limit}`);
  const order: Operation[] = [];
  let visited = 0;
  let undecided: Verdict | undefined;
  for (const [key, ofKey] of byKey(operations)) {
    const found = new Search(model, key, ofKey, limit).run();
    visited += found.visited;
    if (found.outcome === 'stuck') {
      const { linearized, stuck, states } = found;
      const message = describeViolation(ofKey.length, found);
      return { verdict: 'not-linearizable', key, linearized, stuck, states, visited, message };
    }
    if (found.outcome === 'linearized') order.push(...found.linearized);
    else
      undecided ??= {
        verdict: 'undecided',
        key,
        visited,
        message: describeUndecided(key, ofKey.length, limit),
      };
  }
  return undecided === undefined ? { verdict: 'linearizable', order, visited } : { ...undecided, visited };
}

/** Throws, with the explanation as its message, unless the history is found to be linearizable. */
export function assertLinearizable<S>(
  model: Model<S>,
  operations: readonly Operation[],
  options?: CheckOptions,
): void {
  const found = checkLinearizability(model, operations, options);
  if (found.verdict !== 'linearizable') throw new Error(found.message);
}

function byKey(operations: readonly Operation[]): Iterable<[Key, Operation[]]> {
  const groups = new Map<unknown, [Key, Operation[]]>();
  for (const operation of operations) {
    check(operation);
    const identity = identityOf(operation.key);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [operation.key, [operation]]);
    else group[1].push(operation);
  }
  return groups.values();
}

function check({ action, client, invoked, returned, outcome }: Operation): void {
  const answered = outcome !== 'ok' || returned !== undefined;
  if (answered && Number.isFinite(invoked) && (returned === undefined || returned >= invoked)) return;
  throw new RangeError(`${action} of client ${client} was invoked at ${invoked} and returned at ${returned}`);
}
