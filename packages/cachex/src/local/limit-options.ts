import type { Key } from '@cachex/router/hash';
import { type Bytes, parseBytes } from '../bytes.ts';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { callback, checkOptions, type OptionCheck, positiveInteger } from '../parameters.ts';
import { type PolicyName, policies } from './limits/policies.ts';
import type { PolicyFactory } from './limits/policy.ts';

/** How much a cache may hold, and what goes when that is too little. One of `size`, `bytes` and `heap` is needed. */
export interface LimitOptions<K extends Key = Key, V = unknown> {
  /** How many entries there may be: never one more. In a cluster, at each node. */
  size?: number;
  /**
   * How many bytes all keys and values may have: never one more. An entry that is larger is evicted as it is written.
   * Strings, buffers, and values that a cluster keeps in bytes are measured exactly; of other values it is an estimate, unless
   * there is `sizeOf`. What the cache needs to find them is not counted.
   */
  bytes?: Bytes;
  /**
   * From 0 to 1, the share of the heap that this process may use (`--max-old-space-size`) above which the cache shrinks: 0.7
   * leaves the rest of the program 30 %. It is looked at after each collection of the whole heap.
   */
  heap?: number;
  /**
   * What goes first: `'adaptive'`, `'s3fifo'`, `'lru'`, `'lrw'` (least recently written), `'fifo'`, or what makes a policy of
   * your own. Default: `'adaptive'`; see docs/eviction.md.
   */
  policy?: PolicyName | PolicyFactory;
  /** How many bytes an entry has, key included, for `bytes`. In a cluster it is called at the owner, with a decoded value. */
  sizeOf?: (value: V, key: K) => number;
}

/** What {@link limitOption} made of it. */
export interface CheckedLimit {
  readonly size: number;
  readonly bytes: number;
  /** `undefined` without. */
  readonly heap: number | undefined;
  readonly policy: PolicyFactory;
  /** `undefined` where it is the user's own. */
  readonly policyName: PolicyName | undefined;
  readonly sizeOf: ((value: unknown, key: Key) => number) | undefined;
}

const heapShare: OptionCheck = (option, input) => {
  if (typeof input === 'number' && input > 0 && input < 1) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a number between 0 and 1`);
};

const policy: OptionCheck = (option, input) => {
  if (typeof input === 'function') return input;
  if (typeof input === 'string' && Object.hasOwn(policies, input)) return input;
  const hint = suggestion(typeof input === 'string' ? input : '', Object.keys(policies));
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a policy; ${hint}`);
};

const checks: Readonly<Record<keyof LimitOptions, OptionCheck>> = {
  size: positiveInteger,
  bytes: parseBytes,
  heap: heapShare,
  policy,
  sizeOf: callback,
};

/** The option `limit`. */
export const limitOption: OptionCheck = (option, input): CheckedLimit => {
  const given = checkOptions(option, input, checks, `${option}.`) as {
    size?: number;
    bytes?: number;
    heap?: number;
    policy?: PolicyName | PolicyFactory;
    sizeOf?: (value: unknown, key: Key) => number;
  };
  const { size, bytes, heap, sizeOf, policy: chosen = 'adaptive' } = given;
  if (size === undefined && bytes === undefined && heap === undefined)
    throw new CacheError(
      'INVALID_OPTION',
      `${option}: give it a size, bytes or heap; without, nothing is limited`,
    );
  if (sizeOf !== undefined && bytes === undefined)
    throw new CacheError('INVALID_OPTION', `${option}.sizeOf: it is of no use without ${option}.bytes`);
  return {
    size: size ?? Number.POSITIVE_INFINITY,
    bytes: bytes ?? Number.POSITIVE_INFINITY,
    heap,
    policy: typeof chosen === 'function' ? chosen : policies[chosen],
    policyName: typeof chosen === 'function' ? undefined : chosen,
    sizeOf,
  };
};

/** A limit as it is shown, and as the nodes of a cluster compare it: what is a function there is each node's own. */
export interface LimitRecord {
  readonly size: number | null;
  readonly bytes: number | null;
  readonly heap: number | null;
  readonly policy: PolicyName | 'custom';
  /** Whether entries are measured by a function of the user's. */
  readonly sizeOf: boolean;
}

export function describeLimit(limit: CheckedLimit | undefined): LimitRecord | null {
  if (limit === undefined) return null;
  const { size, bytes, heap = null, policyName = 'custom', sizeOf } = limit;
  return { size: finite(size), bytes: finite(bytes), heap, policy: policyName, sizeOf: sizeOf !== undefined };
}

function finite(limit: number): number | null {
  return limit === Number.POSITIVE_INFINITY ? null : limit;
}
