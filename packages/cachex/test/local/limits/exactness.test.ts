import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Cache, createCache, isCacheError, type LimitOptions } from '../../../src/index.ts';
import { policies } from '../../../src/local/limits/policies.ts';
import { estimateSize } from '../../../src/local/size.ts';
import { ManualClock } from '../../manual-clock.ts';
import { MemoryFiles } from '../../memory-files.ts';

type Numbers = Cache<string, number>;
/** What each key has, as far as the cache was told; what it has evicted is taken out afterwards. */
type Model = Map<string, number>;
type Step = (cache: Numbers, model: Model) => unknown;

const mostBytes = 40;
const mostEntries = 5;

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
/** Few are larger than everything may be. */
const value = fc.oneof({ weight: 12, arbitrary: fc.nat(14) }, { weight: 1, arbitrary: fc.nat(60) });
const pairs = fc.array(fc.tuple(key, value), { maxLength: 8 });

const setAll = (model: Model, list: readonly (readonly [string, number])[]): void => {
  for (const [k, v] of list) model.set(k, v);
};

const step: fc.Arbitrary<{ toString(): string; readonly take: Step }> = fc.oneof(
  named('put', fc.tuple(key, value), ([k, v]) => (cache, model) => {
    model.set(k, v);
    cache.put(k, v);
  }),
  named('putMany', pairs, (list) => (cache, model) => {
    setAll(model, list);
    cache.putMany(list);
  }),
  named('add', fc.tuple(key, value), ([k, v]) => (cache, model) => {
    const absent = !model.has(k);
    if (absent) model.set(k, v);
    expect(cache.add(k, v)).toBe(absent);
  }),
  named('update', fc.tuple(key, value), ([k, v]) => (cache, model) => {
    const present = model.has(k);
    if (present) model.set(k, v);
    expect(cache.update(k, v)).toBe(present);
  }),
  named('update by a function', fc.tuple(key, value), ([k, v]) => (cache, model) => {
    const sum = (model.get(k) ?? 0) + v;
    if (model.has(k)) model.set(k, sum);
    cache.update(k, (present: number) => present + v);
  }),
  named('incr', fc.tuple(key, fc.integer({ min: -3, max: 9 })), ([k, by]) => (cache, model) => {
    const sum = Math.max(0, (model.get(k) ?? 0) + by);
    model.set(k, sum);
    cache.incr(k, sum - (cache.get(k) ?? 0));
  }),
  named('getAndUpdate', fc.tuple(key, value), ([k, v]) => (cache, model) => {
    model.set(k, v);
    cache.getAndUpdate(k, () => v);
  }),
  named('fetch', fc.tuple(key, value), ([k, v]) => async (cache, model) => {
    if (!model.has(k)) model.set(k, v);
    expect(await cache.fetch(k, () => v)).toBe(model.get(k));
  }),
  named('import', pairs, (list) => (cache, model) => {
    setAll(model, list);
    cache.import(list.map(([k, v]) => ({ key: k, value: v })));
  }),
  named('load', fc.constant(undefined), () => async (cache, model) => {
    setAll(model, dumped);
    await cache.load('dump');
  }),
  named('transaction', pairs, (list) => (cache, model) => {
    if (list.length === 0) return;
    setAll(model, list);
    cache.transaction(
      list.map(([k]) => k),
      (tx) => {
        for (const [k, v] of list) if (tx.update(k, v) === false) tx.put(k, v);
      },
    );
  }),
  named('get', key, (k) => (cache, model) => expect(cache.get(k)).toBe(model.get(k))),
  named('touch', key, (k) => (cache, model) => expect(cache.touch(k)).toBe(model.has(k))),
  named('del', key, (k) => (cache, model) => expect(cache.del(k)).toBe(model.delete(k))),
);

/** As large as what it holds: two dumps would not fit. */
const dumped = [
  ['a', 9],
  ['d', 8],
  ['x', 7],
  ['y', 6],
] as const;
const files = new MemoryFiles();

function named<T>(
  what: string,
  arguments_: fc.Arbitrary<T>,
  make: (given: T) => Step,
): fc.Arbitrary<{ toString(): string; readonly take: Step }> {
  return arguments_.map((given) => ({
    take: make(given),
    toString: () => `${what} ${JSON.stringify(given)}`,
  }));
}

beforeAll(async () => {
  const cache = createCache<string, number>({ files });
  cache.putMany(dumped);
  await cache.dump('dump');
  cache.close();
});

const bySizeOf = (amount: number): number => amount;
const byEstimate = (amount: number, k: string): number => estimateSize(amount) + estimateSize(k);

const limits: [what: string, limit: LimitOptions<string, number>, measure: typeof byEstimate][] = [
  ['size', { size: mostEntries }, bySizeOf],
  ['a size of one', { size: 1 }, bySizeOf],
  ['bytes and sizeOf', { bytes: mostBytes, sizeOf: bySizeOf }, bySizeOf],
  ['bytes', { bytes: mostBytes }, byEstimate],
  ['size, bytes and sizeOf', { size: mostEntries, bytes: mostBytes, sizeOf: bySizeOf }, bySizeOf],
];

describe.each(Object.keys(policies) as (keyof typeof policies)[])('a limit with the policy %s', (policy) => {
  it.each(limits)(
    'of %s is never exceeded, and nothing goes but what was told of',
    async (_what, limit, measure) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
          const clock = new ManualClock();
          const cache = createCache<string, number>({
            limit: { ...limit, policy },
            files,
            clock,
            stats: true,
          });
          const model: Model = new Map();
          let told: string[] = [];
          let evictions = 0;
          cache.on('evicted', (k) => {
            evictions += 1;
            told.push(k);
          });
          for (const { take } of steps) {
            await take(cache, model);
            for (const k of told) if (!cache.exists(k)) model.delete(k);
            told = [];
            const held = new Map([...cache.export()].map((record) => [record.key, record.value]));
            expect(held).toEqual(model);
            expect(cache.size()).toBeLessThanOrEqual(limit.size ?? Number.POSITIVE_INFINITY);
            const bytes = [...held].reduce((total, [k, v]) => total + measure(v, k), 0);
            expect(bytes).toBeLessThanOrEqual(
              limit.bytes === undefined ? Number.POSITIVE_INFINITY : mostBytes,
            );
            expect(cache.inspect('cache').bytes).toBe(limit.bytes === undefined ? null : bytes);
          }
          expect(cache.stats().evictions).toBe(evictions);
          cache.close();
        }),
        { numRuns: 60 },
      );
    },
  );
});

/** What somebody does who is told of an eviction, or between the calls of others. */
const deed: fc.Arbitrary<{ toString(): string; readonly take: Step }> = fc.oneof(
  step,
  named(
    'put for a while',
    fc.tuple(key, value),
    ([k, v]) =>
      (cache) =>
        cache.put(k, v, { ttl: 10 }),
  ),
  named(
    'put with a tag',
    fc.tuple(key, value),
    ([k, v]) =>
      (cache) =>
        cache.put(k, v, { tags: ['t'] }),
  ),
  named('invalidateTag', fc.constant(undefined), () => (cache) => cache.invalidateTag('t')),
  named('prune', fc.nat(4), (most) => (cache) => cache.prune(most)),
  named('clear', fc.constant(undefined), () => (cache) => cache.clear()),
);

describe.each(Object.keys(policies) as (keyof typeof policies)[])('a cache with the policy %s', (policy) => {
  it.each(limits)('and a limit of %s keeps to it whatever listeners do', async (_what, limit, measure) => {
    const moment = fc.record({
      deed,
      told: fc.array(deed, { maxLength: 4 }),
      ms: fc.constantFrom(0, 0, 3, 11),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { maxLength: 60, size: 'max' }), async (moments) => {
        const clock = new ManualClock();
        const cache = createCache<string, number>({ limit: { ...limit, policy }, files, clock });
        let pending: Step[] = [];
        const loading: Promise<unknown>[] = [];
        // What a deed expects of its model holds only where nobody else does anything.
        const failures: unknown[] = [];
        const failed = (error: unknown): void => {
          if (!isCacheError(error) && (error as Error).name !== 'AssertionError') failures.push(error);
        };
        const quietly = (take: Step): void => {
          try {
            const doing = take(cache, new Map());
            if (doing instanceof Promise) loading.push(doing.catch(failed));
          } catch (error) {
            failed(error);
          }
        };
        const next = (): void => {
          const take = pending.pop();
          if (take !== undefined) quietly(take);
        };
        cache.on('error', failed);
        cache.on('evicted', next);
        cache.on('expired', next);
        for (const { deed: one, told, ms } of moments) {
          pending = told.map(({ take }) => take);
          quietly(one.take);
          await Promise.all(loading.splice(0));
          expect(failures).toEqual([]);
          expect(cache.size()).toBeLessThanOrEqual(limit.size ?? Number.POSITIVE_INFINITY);
          clock.advance(ms);
          clock.turn();
          pending = [];
          cache.purge();
          const bytes = [...cache.export()].reduce((sum, each) => sum + measure(each.value, each.key), 0);
          expect(bytes).toBeLessThanOrEqual(limit.bytes === undefined ? Number.POSITIVE_INFINITY : mostBytes);
          expect(cache.inspect('cache').bytes).toBe(limit.bytes === undefined ? null : bytes);
          expect(cache.keys()).toHaveLength(cache.size());
        }
        cache.close();
      }),
      { numRuns: 60 },
    );
  });
});
