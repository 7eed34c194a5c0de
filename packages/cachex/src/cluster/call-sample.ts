import type { Clock } from '@cachex/router';
import { hashKey, identityOf, type Key, partitionOf } from '@cachex/router/hash';
import { describeKey } from '../describe.ts';
import { Frequent } from './frequent.ts';

/** Of so many calls on average one is timed, and its key noted. */
export const sampledOneIn = 16;
/** What is often asked for is told of the last whole span of so many ms. */
const span = 5_000;
/** Counts that are kept at a time, of keys and of partitions. */
const places = 256;
/** How many of them are told. */
const told = 10;
/** Keys that are longer are not noted: what is noted is kept in memory. */
const longest = 1_024;
/** How exact times are: each bucket ends at the fourth root of two times the end of the one before. */
const bucketsPerOctave = 4;
/** From a microsecond to over a minute. */
const buckets = 27 * bucketsPerOctave;

/** What callers at one node asked of a cache, and how long they waited: of calls on one key, about one in sixteen is looked at. */
export interface CallFigures {
  /** One call in so many is looked at. */
  readonly oneIn: number;
  /** How many of these calls took at most so many ms, and longer than the pair before says; counted since the cache was opened. */
  readonly latencies: readonly (readonly [ms: number, calls: number])[];
  /** How long the span is of which the rest tells, in ms: the last that is over, or the first as far as it has come. */
  readonly span: number;
  /** Calls that were looked at in it. */
  readonly sampled: number;
  /** The keys that most of them were about, as text of at most 80 characters or so. */
  readonly keys: readonly { readonly key: string; readonly partition: number; readonly calls: number }[];
  /** The partitions of these keys. */
  readonly partitions: readonly { readonly partition: number; readonly calls: number }[];
}

class Span {
  readonly keys = new Frequent<unknown, Key>(places);
  readonly partitions = new Frequent<number, number>(places);
  readonly since: number;

  constructor(since: number) {
    this.since = since;
  }
}

/** Looks at one in sixteen of the calls that this node makes of a cache; the others it counts by one addition. */
export class CallSample {
  readonly #clock: Clock;
  readonly #partitions: number;
  readonly #latencies = new Uint32Array(buckets);
  #now: Span;
  #before: Span | undefined;
  #left = 1;
  #step = 1;

  constructor(clock: Clock, partitions: number) {
    this.#clock = clock;
    this.#partitions = partitions;
    this.#now = new Span(clock.now());
  }

  /** Whether the call that begins is to be looked at: at uneven steps, so as not to fall in with the rhythm of calls. */
  due(): boolean {
    this.#left -= 1;
    if (this.#left > 0) return false;
    this.#step = (Math.imul(this.#step, 1_664_525) + 1_013_904_223) >>> 0;
    this.#left = 1 + (this.#step >>> 28) * 2;
    return true;
  }

  /** A call on `key` that began at `began` was answered. */
  note(key: Key, began: number): void {
    const now = this.#clock.now();
    const micros = Math.max(1, (now - began) * 1_000);
    const bucket = Math.min(buckets - 1, Math.ceil(Math.log2(micros) * bucketsPerOctave));
    this.#latencies[bucket]! += 1;
    this.#turn(now);
    const partition = partitionOf(hashKey(key), this.#partitions);
    this.#now.partitions.add(partition, partition);
    const identity = identityOf(key);
    if (typeof identity !== 'string' || identity.length <= longest) this.#now.keys.add(identity, key);
  }

  read(): CallFigures {
    this.#turn(this.#clock.now());
    const { keys, partitions, since } = this.#before ?? this.#now;
    return {
      oneIn: sampledOneIn,
      latencies: [...this.#latencies].flatMap((calls, bucket) =>
        calls === 0 ? [] : [[2 ** (bucket / bucketsPerOctave) / 1_000, calls] as const],
      ),
      span: this.#before === undefined ? Math.max(1, this.#clock.now() - since) : span,
      sampled: partitions.total,
      keys: keys.top(told).map(({ item, count }) => ({
        key: describeKey(item),
        partition: partitionOf(hashKey(item), this.#partitions),
        calls: count,
      })),
      partitions: partitions.top(told).map(({ item, count }) => ({ partition: item, calls: count })),
    };
  }

  #turn(now: number): void {
    const over = now - this.#now.since;
    if (over < span) return;
    const spans = Math.floor(over / span);
    // A whole span in which nothing was called has nothing to tell.
    this.#before = spans === 1 ? this.#now : new Span(now);
    this.#now = new Span(this.#now.since + spans * span);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: methods of every action, whose arguments were not checked yet.
type AnyMethod = (...args: any[]) => unknown;

/** The same method; `sample` looks at some of its calls. Their key is the argument at `position`. */
export function sampled<M extends AnyMethod>(
  sample: CallSample,
  clock: Clock,
  position: number,
  method: M,
): M {
  const noted = async (answer: unknown, key: Key, began: number): Promise<unknown> => {
    const value = await answer;
    sample.note(key, began);
    return value;
  };
  return ((...args) => {
    if (!sample.due()) return method(...args);
    const began = clock.now();
    return noted(method(...args), args[position] as Key, began);
  }) as M;
}
