import { hashKey } from '@cachex/router/hash';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cache, createCache, type LimitOptions, type PolicyName } from '../../src/index.ts';
import { Store } from '../../src/local/store.ts';
import { ManualClock } from '../manual-clock.ts';

type Step = (cache: Cache<number, number>) => unknown;

const key = fc.integer({ min: 0, max: 30 });
const tag = fc.constantFrom('red', 'blue');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: key.map(
      (k): Step =>
        (cache) =>
          cache.put(k, k),
    ),
  },
  {
    weight: 4,
    arbitrary: key.map(
      (k): Step =>
        (cache) =>
          cache.get(k),
    ),
  },
  fc.tuple(key, tag).map(
    ([k, t]): Step =>
      (cache) =>
        cache.put(k, k, { tags: [t] }),
  ),
  fc.tuple(key, fc.integer({ min: 1, max: 20_000 })).map(
    ([k, ttl]): Step =>
      (cache) =>
        cache.put(k, k, { ttl }),
  ),
  tag.map(
    (t): Step =>
      (cache) =>
        cache.invalidateTag(t),
  ),
  key.map(
    (k): Step =>
      (cache) =>
        cache.del(k),
  ),
  key.map(
    (k): Step =>
      (cache) =>
        cache.refresh(k),
  ),
  key.map(
    (k): Step =>
      (cache) =>
        cache.incr(k),
  ),
  fc.constant<Step>((cache) => cache.purge()),
);

/** A cache of which nobody is told anything, and one whose listeners do nothing: the steps they take differ. */
function pair(limit: LimitOptions<number, number> | undefined): {
  quiet: Cache<number, number>;
  told: Cache<number, number>;
  advance(ms: number): void;
} {
  const clocks = [new ManualClock(), new ManualClock()] as const;
  const create = (clock: ManualClock): Cache<number, number> =>
    createCache<number, number>({
      ...{ clock, ttl: 9_000, stats: true },
      ...(limit === undefined ? {} : { limit }),
    });
  const quiet = create(clocks[0]);
  const told = create(clocks[1]);
  told.on('evicted', () => {});
  const advance = (ms: number): void => {
    for (const clock of clocks) clock.advance(ms);
  };
  return { quiet, told, advance };
}

function stateOf(cache: Cache<number, number>): unknown {
  const keys = cache.keys().sort((one, other) => one - other);
  return [cache.size(), keys, keys.map((each) => cache.inspect('entry', each)), cache.stats()];
}

describe('a cache of which nobody is told', () => {
  const policies: (PolicyName | undefined)[] = [undefined, 'adaptive', 's3fifo', 'lru', 'lrw', 'fifo'];

  it.each(policies)('does what one with listeners does (%s)', (policy) => {
    const waits = fc.constantFrom(0, 0, 0, 1, 700, 5_000);
    fc.assert(
      fc.property(fc.array(fc.tuple(step, waits), { minLength: 50, maxLength: 150 }), (steps) => {
        const { quiet, told, advance } = pair(policy === undefined ? undefined : { size: 8, policy });
        for (const [act, wait] of steps) {
          expect(act(quiet)).toEqual(act(told));
          advance(wait);
        }
        expect(stateOf(quiet)).toEqual(stateOf(told));
        quiet.close();
        told.close();
      }),
      { numRuns: 60 },
    );
  });

  it.each(['adaptive', 's3fifo'] as const)(
    'keeps what is read, where reads are counted in marks (%s)',
    (policy) => {
      const cache = createCache<string, number>({ limit: { size: 10, policy } });
      // The first to come is the first to go, unless it is used.
      cache.put('read', 1);
      for (let n = 1; n < 10; n += 1) cache.put(`first ${n}`, n);
      for (let n = 0; n < 3; n += 1) cache.get('read');
      for (let n = 0; n < 8; n += 1) cache.put(`second ${n}`, n);
      expect(cache.exists('read')).toBe(true);
      expect(cache.exists('first 1')).toBe(false);
      cache.close();
    },
  );
});

describe('an exchange', () => {
  it.each([1, 4])('leaves nothing of what was there (%i partitions)', (partitions) => {
    const store = new Store(partitions, false);
    const slot = store.add('before', hashKey('before'));
    store.setValue(slot, 1, 1);
    store.setTraits(slot, 10, 5_010, 5_000, 7, ['tag']);
    store.marks.set(slot, store.marks.get(slot) | 3);
    store.exchange(slot, 'after', hashKey('after'));
    expect(store.find('before', hashKey('before'))).toBe(-1);
    expect(store.find('after', hashKey('after'))).toBe(slot);
    expect([store.tags(slot), store.staleFor(slot), store.marks.get(slot)]).toEqual([undefined, 0, 0]);
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    expect(store.size(all)).toBe(1);
    expect(all.flatMap((partition) => [...store.walk(partition)])).toEqual([slot]);
    expect(store.size([hashKey('after') & (partitions - 1)])).toBe(1);
  });
});
