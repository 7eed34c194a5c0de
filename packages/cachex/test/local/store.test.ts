import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ownKey, sameKey } from '../../src/local/keys.ts';
import { type Entry, type EntryTraits, none, Store } from '../../src/local/store.ts';
import { anEntry, insert } from './an-engine.ts';

const partitions = 16;
let store: Store;

beforeEach(() => {
  store = new Store(partitions, false);
});

function insertInto(into: Store, ...keys: Key[]): void {
  for (const key of keys) insert(into, anEntry(ownKey(key)));
}

function find(key: Key): Key | undefined {
  const slot = store.find(key, hashKey(key));
  return slot === none ? undefined : store.key(slot);
}

/** The keys of a partition, sorted as text. */
function keysOf(from: Store, partition: number): string[] {
  return Array.from(from.walk(partition), (slot) => String(from.key(slot))).sort();
}

describe('Store', () => {
  it('finds entries by the content of their key', () => {
    insertInto(store, '1', 1, 1n, true, null, Number.NaN, ['1'], ['user', [7]]);
    expect(store.length).toBe(8);
    for (const key of ['1', 1, 1n, true, null, Number.NaN]) expect(find(key)).toBe(key);
    expect(find(['user', [7]])).toEqual(['user', [7]]);
    expect(find(['user', 7])).toBeUndefined();
    expect(find('absent')).toBeUndefined();
  });

  it('takes -0 for 0', () => {
    insertInto(store, 0);
    expect(find(-0)).toBe(0);
  });

  it('removes', () => {
    insertInto(store, 'ada', 'bob');
    const slot = store.find('ada', hashKey('ada'));
    store.remove(slot);
    expect(store.holds(slot)).toBe(false);
    expect(find('ada')).toBeUndefined();
    expect(find('bob')).toBe('bob');
    expect(store.length).toBe(1);
  });

  it('walks, counts and clears one partition without the rest', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    insertInto(store, ...keys);
    const mine = keys.filter((key) => partitionOf(hashKey(key), partitions) === 3);
    expect(keysOf(store, 3)).toEqual(mine.sort());
    expect(store.size([3])).toBe(mine.length);
    expect(store.size(Array.from({ length: partitions }, (_, index) => index))).toBe(200);
    expect(store.clearPartition(3)).toBe(mine.length);
    expect(store.clearPartition(3)).toBe(0);
    expect(store.size([3])).toBe(0);
    expect(store.length).toBe(200 - mine.length);
    expect(find(mine[0]!)).toBeUndefined();
  });

  it('has nothing in partitions it never saw', () => {
    expect(keysOf(store, 5)).toEqual([]);
    expect(store.first(5)).toBe(none);
    expect(store.clearPartition(5)).toBe(0);
  });

  it.each([1, partitions])(
    'lets a walk of one of %i pause while entries come and go, seeing those that stay once',
    (number) => {
      const one = new Store(number, false);
      const keys = Array.from({ length: 5_000 }, (_, key) => key).filter(
        (key) => (hashKey(key) & (number - 1)) === 0,
      );
      insertInto(one, ...keys);
      const walk = one.walk(0);
      const seen: Key[] = [];
      for (let step = 0; step < keys.length / 2; step += 1) seen.push(one.key(walk.next().value as number));
      const gone = keys.filter((_, n) => n % 2 === 0);
      for (const key of gone) one.remove(one.find(key, hashKey(key)));
      // Each comes to the slot of another that was there.
      insertInto(one, ...gone);
      insertInto(one, 'new');
      for (const slot of walk) seen.push(one.key(slot));
      for (const key of keys.filter((each) => !gone.includes(each))) {
        expect(seen.filter((other) => other === key)).toHaveLength(1);
      }
      expect(new Set(seen).size).toBe(seen.length);
    },
  );

  it.each([1, partitions])('shows a paused walk nothing that was cleared (%i partitions)', (number) => {
    const one = new Store(number, false);
    insertInto(one, ...Array.from({ length: 1_000 }, (_, key) => key));
    const walk = one.walk(0);
    walk.next();
    one.clearPartition(0);
    insertInto(one, 'new');
    expect(Array.from(walk, (slot) => one.key(slot))).toEqual([]);
  });

  it('gives a partition to another store as it is', () => {
    insertInto(store, 'ada', 'bob', ['c', 1]);
    const other = new Store(partitions, true);
    const partition = partitionOf(hashKey('ada'), partitions);
    const slot = store.find('ada', hashKey('ada'));
    store.setTraits(slot, 10, 5_010, 5_000, 7, ['tag']);
    const before = store.entry(slot);
    other.take(partition, store);
    expect(other.entry(other.find('ada', hashKey('ada')))).toEqual(before);
    expect(find('ada')).toBeUndefined();
    expect(store.length + other.length).toBe(3);
  });

  it('goes on after it was emptied one by one', () => {
    const keys = Array.from({ length: 40_000 }, (_, index) => `key ${index}`);
    for (let round = 0; round < 2; round += 1) {
      insertInto(store, ...keys);
      for (const key of keys) store.remove(store.find(key, hashKey(key)));
      expect(store.length).toBe(0);
    }
    expect(store.bytes).toBeLessThan(10_000);
    insertInto(store, 'ada');
    expect(find('ada')).toBe('ada');
  });

  it('keeps what it knows of each entry while it grows over chunks, with times to live of their own too', () => {
    const one = new Store(4, true);
    const expected = (n: number): Entry => {
      const ttl = n % 3 === 0 && n > 40_000 ? 9_000 : 1_000;
      return anEntry(n, { version: n * 2 ** 20, modified: n, expires: n + 1_000, ttl });
    };
    for (let n = 0; n < 70_000; n += 1) insert(one, expected(n));
    const wrong: number[] = [];
    for (let n = 0; n < 70_000; n += 1) {
      const { version, modified, expires, ttl } = one.entry(one.find(n, hashKey(n)));
      const known = expected(n);
      if (version !== known.version || modified !== known.modified) wrong.push(n);
      else if (expires !== known.expires || ttl !== known.ttl) wrong.push(n);
    }
    expect(wrong).toEqual([]);
  });

  it('tells of how many slots there are before they are used, and again once it was cleared', () => {
    const told: number[] = [];
    const one = new Store(1, false, (slots) => told.push(slots));
    const add = (key: number): void => {
      const slot = one.add(key, hashKey(key));
      expect(slot).toBeLessThan(told.at(-1)!);
    };
    for (let key = 0; key < 17; key += 1) add(key);
    expect(told).toEqual([16, 32]);
    one.clearPartition(0);
    add(0);
    expect(told).toEqual([16, 32, 16]);
  });

  it('finds keys whose hashes are all the same', () => {
    const one = new Store(1, false);
    for (let key = 0; key < 20_000; key += 1) one.setValue(one.add(key, 7), key, 1);
    for (const key of [0, 1, 9_999, 19_999]) expect(one.value(one.find(key, 7))).toBe(key);
    one.remove(one.find(0, 7));
    expect(one.find(0, 7)).toBe(none);
    expect(one.value(one.find(19_999, 7))).toBe(19_999);
  });
});

describe('what a store knows of an entry', () => {
  const instant = fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.constant(2 ** 33), fc.constant(-5_000));
  const traits: fc.Arbitrary<EntryTraits> = fc.record({
    modified: instant,
    expires: fc.oneof(fc.integer({ min: 0, max: 2 ** 34 }), fc.constant(Number.POSITIVE_INFINITY)),
    ttl: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 2 ** 34 }), fc.constant(0.5)),
    staleFor: fc.oneof(fc.constant(0), fc.constant(3)),
    tags: fc.oneof(fc.constant(undefined), fc.constant(['a', 'b'])),
  });

  it('is what it was told last', () => {
    const writes = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), traits), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(writes, (all) => {
        const one = new Store(1, false);
        const model = new Map<number, EntryTraits>();
        for (const [key, each] of all) {
          const found = one.find(key, hashKey(key));
          const slot = found === none ? one.add(key, hashKey(key)) : found;
          one.setTraits(slot, each.modified, each.expires, each.ttl, each.staleFor, each.tags);
          model.set(key, each);
        }
        for (const [key, each] of model) {
          const { modified, expires, ttl, staleFor, tags } = one.entry(one.find(key, hashKey(key)));
          expect({ modified, expires, ttl, staleFor, tags }).toEqual(each);
        }
      }),
    );
  });
});

describe('a store and a Map', () => {
  it('agree after any calls, whatever the hashes', () => {
    const calls = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.boolean()), {
      maxLength: 2_000,
      size: 'max',
    });
    fc.assert(
      // Few bits of the hash are left: keys collide, wrap around the end, and share the first bits.
      fc.property(calls, fc.constantFrom(0xffffffff, 0xff, 0xf8000000, 0x80000001, 0x1f), (all, mask) => {
        const one = new Store(4, false);
        const model = new Map<number, number>();
        for (const [n, [key, put]] of all.entries()) {
          const hash = (hashKey(key) & mask) >>> 0;
          const slot = one.find(key, hash);
          expect(slot === none ? undefined : one.value(slot)).toBe(model.get(key));
          if (put) {
            one.setValue(slot === none ? one.add(key, hash) : slot, n, n);
            model.set(key, n);
          } else if (slot !== none) {
            one.remove(slot);
            model.delete(key);
          }
        }
        expect(one.length).toBe(model.size);
        expect([0, 1, 2, 3].flatMap((partition) => keysOf(one, partition)).sort()).toEqual(
          Array.from(model.keys(), String).sort(),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('the times of an entry', () => {
  it('are whole ms, whatever else the entry has', () => {
    const times = { modified: 1_000.6, expires: 6_000.6, ttl: 5_000 };
    const plain = insert(store, anEntry('plain', times));
    const tagged = insert(store, anEntry('tagged', { ...times, tags: ['a'] }));
    for (const slot of [plain, tagged])
      expect(store.entry(slot)).toMatchObject({ modified: 1_001, expires: 6_001, ttl: 5_000 });
  });

  it('end when they do, although they began before time did', () => {
    const slot = insert(
      store,
      anEntry('a', { modified: -9_000, expires: -4_000, ttl: 5_000, staleFor: 6_000 }),
    );
    expect(store.entry(slot)).toMatchObject({ modified: -9_000, ttl: 5_000 });
    expect(store.expires(slot)).toBeLessThanOrEqual(0);
    expect(store.isOver(slot, 1_999)).toBe(false);
    expect(store.isOver(slot, 2_000)).toBe(true);
  });
});

describe('whether two keys are the same', () => {
  it('follows their content', () => {
    expect(sameKey(['a', [1, Number.NaN]], ['a', [1, Number.NaN]])).toBe(true);
    expect(sameKey(['a', [1]], ['a', [2]])).toBe(false);
    expect(sameKey(['a'], ['a', 1])).toBe(false);
    expect(sameKey([0], [-0])).toBe(true);
    expect(sameKey(1, '1')).toBe(false);
    expect(sameKey(['1'], [1])).toBe(false);
    expect(sameKey(null, [])).toBe(false);
  });
});

describe('the key an entry keeps', () => {
  it('is 0 for -0, inside arrays too', () => {
    expect(Object.is(ownKey(-0), 0)).toBe(true);
    expect(Object.is((ownKey([[-0]]) as Key[][])[0]![0], 0)).toBe(true);
  });

  it('does not change with the array it was made from', () => {
    const key: Key[] = ['user', [7]];
    const own = ownKey(key) as Key[];
    key.push('more');
    (key[1] as Key[]).push(8);
    expect(own).toEqual(['user', [7]]);
    expect(Object.isFrozen(own[1])).toBe(true);
  });
});
