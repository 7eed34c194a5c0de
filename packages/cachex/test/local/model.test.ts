import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CacheOptions } from '../../src/index.ts';
import { createCache } from '../../src/index.ts';
import { ManualClock } from '../manual-clock.ts';

type Key = string | number | readonly number[];
type Lived = { ttl: number | null; tags: readonly string[] };

/** What a cache is expected to know of one key. */
interface Known extends Lived {
  value: number;
  expires: number;
}

type Step =
  | { do: 'put' | 'add'; key: Key; with?: Lived }
  | {
      do: 'get' | 'del' | 'take' | 'touch' | 'persist' | 'refresh' | 'update' | 'incr' | 'fetchSync';
      key: Key;
    }
  | { do: 'expire'; key: Key; ms: number | null }
  | { do: 'invalidateTag'; tag: string }
  | { do: 'clear' | 'purge' | 'turn' }
  | { do: 'prune'; size: number }
  | { do: 'advance'; ms: number };

const key: fc.Arbitrary<Key> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }).map((n) => `key ${n}`) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom([1], [1, 2]) },
);
/** Around the spans in which expiry is marked, and around the ends of what lies in its usual place. */
const ms = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 4_000, max: 13_000 }),
  fc.constantFrom(4_095, 4_096, 8_192, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 7e10, 1.5),
);
const lived = fc.record({
  ttl: fc.option(ms, { freq: 4 }),
  tags: fc.subarray(['a', 'b', 'c'], { maxLength: 2 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('put' as const), key, with: lived }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('put' as const, 'add' as const), key }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...(['get', 'get', 'get', 'del', 'take', 'touch', 'persist', 'refresh', 'update', 'incr'] as const),
        'fetchSync' as const,
      ),
      key,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const), key, ms: fc.option(ms) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('invalidateTag' as const), tag: fc.constantFrom('a', 'b', 'c') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('purge' as const, 'turn' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('prune' as const), size: fc.integer({ min: 0, max: 12 }) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('advance' as const), ms }) },
);
const steps = fc.array(fc.oneof({ weight: 60, arbitrary: step }, fc.constant<Step>({ do: 'clear' })), {
  maxLength: 80,
  size: 'max',
});

/** Of which no time passes in a listener. */
const reactions = fc.array(
  step.filter((each) => each.do !== 'advance'),
  { maxLength: 25, size: 'max' },
);

const policy = fc.constantFrom(...(['adaptive', 's3fifo', 'lru', 'lrw', 'fifo'] as const));
const limit = fc.oneof(
  fc.constant(undefined),
  fc.record({ size: fc.integer({ min: 1, max: 8 }), policy }),
  fc.record({ bytes: fc.integer({ min: 20, max: 60 }), policy }),
);
const options = fc.record({
  limit,
  ttl: fc.option(ms),
  lazy: fc.boolean(),
  interval: fc.constantFrom(5_000, 2 ** 33),
  /** When the clock begins. */
  start: fc.constantFrom(0, 3_000, 4_090, 2 ** 32 - 5_000, 1e12, 0.25, 4_095.75),
});

/** Bytes of a value: of the larger ones some never fit. */
const sizeOf = (value: number): number => 1 + (value % 23);

/**
 * A cache and what is expected of it. Which entries a limit removes is taken from what the cache reports; everything else
 * follows from the calls.
 */
class Twin {
  readonly clock = new ManualClock();
  readonly cache;
  readonly limited: { readonly size?: number; readonly bytes?: number } | undefined;
  readonly #known = new Map<string, Known>();
  readonly #ttl: number | null;
  readonly #interval: number;
  readonly #reactions: Step[];
  /** All that were ever used. */
  readonly #keys = new Map<string, Key>();
  #values = 0;
  #depth = 0;
  /** Keys that left while a step was under way, for which the cache alone knows whether they were written all the same. */
  readonly #unsure = new Set<Key>();

  constructor(chosen: typeof options extends fc.Arbitrary<infer O> ? O : never, reactions: readonly Step[]) {
    const { ttl, lazy, interval, start } = chosen;
    this.#interval = interval;
    this.clock.advance(start);
    this.#ttl = ttl;
    this.#reactions = [...reactions];
    this.limited = chosen.limit;
    const bytes = chosen.limit !== undefined && 'bytes' in chosen.limit ? { sizeOf } : {};
    this.cache = createCache<Key, number>({
      clock: this.clock,
      ...(ttl === null ? {} : { ttl }),
      expiration: { interval, lazy },
      ...(chosen.limit === undefined ? {} : { limit: { ...chosen.limit, ...bytes } }),
    } as CacheOptions<Key, number>);
    this.cache.on('error', (error) => {
      throw error;
    });
    this.cache.on('expired', (each) => this.#left(each, 'expired'));
    this.cache.on('evicted', (each) => this.#left(each, 'evicted'));
  }

  #left(each: Key, event: string): void {
    const known = this.#known.get(text(each));
    if (event === 'expired') expect(known === undefined || known.expires <= this.clock.now()).toBe(true);
    this.#known.delete(text(each));
    this.#unsure.add(each);
    const next = this.#depth > 3 ? undefined : this.#reactions.shift();
    if (next !== undefined) this.run(next);
  }

  /** What is expected to be there of a key. */
  live(each: Key): Known | undefined {
    const known = this.#known.get(text(each));
    return known === undefined || known.expires <= this.clock.now() ? undefined : known;
  }

  #write(each: Key, value: number, { ttl, tags }: Lived): void {
    const now = this.clock.now();
    const expires = ttl === null ? Number.POSITIVE_INFINITY : Math.max(0, Math.round(now + ttl));
    this.#known.set(text(each), { value, ttl, tags, expires });
  }

  run(next: Step): void {
    this.#depth += 1;
    const outer = new Set(this.#unsure);
    this.#unsure.clear();
    if ('key' in next) this.#keys.set(text(next.key), next.key);
    this.#run(next);
    // Whether a value came to its place that had to make room for itself.
    if ('key' in next && this.#unsure.size > 0) this.#resolve(next.key);
    for (const each of outer) this.#unsure.add(each);
    this.#depth -= 1;
  }

  #resolve(each: Key): void {
    const found = this.cache.inspect('entry', each);
    if (found === undefined) this.#known.delete(text(each));
  }

  #run(next: Step): void {
    const { cache } = this;
    const plain: Lived = { ttl: this.#ttl, tags: [] };
    switch (next.do) {
      case 'put':
      case 'add': {
        const value = this.#next();
        const { ttl, tags } = next.with ?? plain;
        const given = next.with === undefined ? undefined : { ttl, tags };
        if (next.do === 'put') cache.put(next.key, value, given);
        else {
          const before = this.live(next.key);
          const added = cache.add(next.key, value, given);
          if (!this.#disturbed) expect(added).toBe(before === undefined);
          if (!added) return;
        }
        // One that is too large was told of as evicted, and whoever was told may have put another.
        if (!this.#tooLarge(value)) this.#write(next.key, value, { ttl, tags });
        return;
      }
      case 'get': {
        const found = cache.get(next.key);
        expect(found).toBe(this.live(next.key)?.value);
        return;
      }
      case 'del':
      case 'take': {
        const before = this.live(next.key);
        const answer = next.do === 'del' ? cache.del(next.key) : cache.take(next.key);
        if (!this.#disturbed) expect(answer).toBe(next.do === 'del' ? before !== undefined : before?.value);
        this.#known.delete(text(next.key));
        return;
      }
      case 'touch':
      case 'persist':
      case 'refresh':
        this.#expectLive(next.key, cache[next.do](next.key));
        if (next.do === 'persist') this.#live(next.key, () => null);
        if (next.do === 'refresh') this.#live(next.key, ({ ttl }) => ttl);
        return;
      case 'expire':
        this.#expectLive(next.key, cache.expire(next.key, next.ms));
        this.#live(next.key, () => next.ms);
        return;
      case 'update':
      case 'incr': {
        const value = this.#next();
        const before = this.live(next.key);
        if (next.do === 'update') {
          const done = cache.update(next.key, () => value);
          if (!this.#disturbed) expect(done).toBe(before !== undefined);
        } else cache.incr(next.key, value);
        if (this.#disturbed) {
          this.#adopt(next.key);
          return;
        }
        if (before === undefined && next.do === 'update') return;
        const sum = next.do === 'update' ? value : (before?.value ?? 0) + value;
        if (before !== undefined) before.value = sum;
        else this.#write(next.key, sum, plain);
        if (this.#tooLarge(sum)) this.#known.delete(text(next.key));
        return;
      }
      case 'fetchSync': {
        const value = this.#next();
        const before = this.live(next.key);
        const answer = cache.fetchSync(next.key, () => value);
        if (this.#disturbed) {
          this.#adopt(next.key);
          return;
        }
        expect(answer).toBe(before?.value ?? value);
        if (before === undefined) this.#write(next.key, value, plain);
        if (before === undefined && this.#tooLarge(value)) this.#known.delete(text(next.key));
        return;
      }
      case 'invalidateTag': {
        const carries = [...this.#known].filter(([, { tags }]) => tags.includes(next.tag));
        const live = carries.filter(([, { expires }]) => expires > this.clock.now());
        expect(cache.invalidateTag(next.tag)).toBe(live.length);
        for (const [each] of carries) this.#known.delete(each);
        return;
      }
      case 'clear':
        cache.clear();
        this.#known.clear();
        return;
      case 'purge':
        cache.purge();
        return;
      case 'prune':
        cache.prune(next.size);
        return;
      case 'turn':
        this.clock.turn();
        return;
      case 'advance':
        // Not more than so many sweeps at once.
        this.clock.advance(Math.min(next.ms, 10 * this.#interval));
    }
  }

  #expectLive(each: Key, answer: boolean): void {
    expect(answer).toBe(this.live(each) !== undefined);
  }

  /** A live entry has another time to live from now on. */
  #live(each: Key, ttlOf: (known: Known) => number | null): void {
    const known = this.live(each);
    if (known !== undefined) this.#write(each, known.value, { ttl: ttlOf(known), tags: known.tags });
  }

  get #disturbed(): boolean {
    return this.#unsure.size > 0;
  }

  /** Takes over from the cache what became of a key that was disturbed while it was written. */
  #adopt(each: Key): void {
    const found = this.cache.inspect('entry', each);
    this.#known.delete(text(each));
    if (found === undefined) return;
    const { value, ttl, tags } = found;
    const expires =
      found.expires === null
        ? Number.POSITIVE_INFINITY
        : Math.round(found.expires - this.clock.wallTime() + this.clock.now());
    this.#known.set(text(each), { value, ttl, tags, expires });
  }

  #tooLarge(value: number): boolean {
    return this.limited?.bytes !== undefined && sizeOf(value) > this.limited.bytes;
  }

  #next(): number {
    this.#values += 1;
    return this.#values;
  }

  /** The bytes of an entry as it lies in memory, expired or not. */
  #sizeThere(each: Key): number {
    const found = this.cache.inspect('entry', each);
    return found === undefined ? 0 : sizeOf(found.value);
  }

  /** Whether the cache is as it is expected to be. */
  check(): void {
    const now = this.clock.now();
    const live = [...this.#known].filter(([, { expires }]) => expires > now);
    const entries = Array.from(this.cache.entries(), ([key, value]) => ({ key, value }));
    expect(entries.map((entry) => text(entry.key)).sort()).toEqual(live.map(([each]) => each).sort());
    expect(this.cache.count()).toBe(live.length);
    for (const entry of entries) {
      const known = this.live(entry.key)!;
      expect(entry.value).toBe(known.value);
      const raw = this.cache.inspect('entry', entry.key)!;
      expect(raw.ttl).toBe(known.ttl);
      expect([...raw.tags].sort()).toEqual([...known.tags].sort());
      const left = this.cache.ttl(entry.key);
      const exact = known.expires - now;
      expect(left).toBe(exact === Number.POSITIVE_INFINITY ? null : Math.max(1, Math.round(exact)));
    }
    const { size = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = this.limited ?? {};
    expect(this.cache.size()).toBeLessThanOrEqual(size);
    const record = this.cache.inspect('cache');
    expect(record.bytes ?? 0).toBeLessThanOrEqual(bytes);
    if (record.bytes === null) return;
    let counted = 0;
    for (const each of this.#keys.values()) counted += this.#sizeThere(each);
    expect(record.bytes).toBe(counted);
  }
}

function text(each: Key): string {
  return JSON.stringify(each);
}

describe('a cache', () => {
  it('does what a map with times and tags does, whatever its listeners do', () => {
    fc.assert(
      fc.property(options, steps, reactions, (chosen, all, left) => {
        const twin = new Twin(chosen, left);
        for (const next of all) {
          twin.run(next);
          twin.check();
        }
        twin.cache.close();
      }),
      { numRuns: 100 },
    );
  });
});
