import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import { beforeEach, describe, expect, it } from 'vitest';
import { ownKey, Store } from '../../src/local/store.ts';
import { anEntry } from './an-engine.ts';

const partitions = 16;
let store: Store;

beforeEach(() => {
  store = new Store(partitions);
});

function insert(...keys: Key[]): void {
  for (const key of keys) store.insert(anEntry(key));
}

function find(key: Key): Key | undefined {
  return store.find(key, hashKey(key))?.key;
}

describe('Store', () => {
  it('finds entries by the content of their key', () => {
    insert('1', 1, 1n, true, null, Number.NaN, ['1'], ['user', [7]]);
    expect(store.length).toBe(8);
    for (const key of ['1', 1, 1n, true, null, Number.NaN]) expect(find(key)).toBe(key);
    expect(find(['user', [7]])).toEqual(['user', [7]]);
    expect(find(['user', 7])).toBeUndefined();
    expect(find('absent')).toBeUndefined();
  });

  it('takes -0 for 0', () => {
    insert(0);
    expect(find(-0)).toBe(0);
  });

  it('removes', () => {
    insert('ada', 'bob');
    const entry = store.find('ada', hashKey('ada'))!;
    store.remove(entry);
    expect(find('ada')).toBeUndefined();
    expect(find('bob')).toBe('bob');
    expect(store.length).toBe(1);
  });

  it('walks, counts and clears one partition without the rest', () => {
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    insert(...keys);
    const mine = keys.filter((key) => partitionOf(hashKey(key), partitions) === 3);
    expect([...store.entries(3)].map((entry) => entry.key)).toEqual(mine);
    expect(store.size([3])).toBe(mine.length);
    expect(store.size(Array.from({ length: partitions }, (_, index) => index))).toBe(200);
    expect(store.clearPartition(3)).toBe(mine.length);
    expect(store.clearPartition(3)).toBe(0);
    expect(store.size([3])).toBe(0);
    expect(store.length).toBe(200 - mine.length);
    expect(find(mine[0]!)).toBeUndefined();
  });

  it('has nothing in partitions it never saw', () => {
    expect([...store.entries(5)]).toEqual([]);
    expect(store.clearPartition(5)).toBe(0);
  });

  it('lets a walk pause while entries come and go, seeing those that stay exactly once', () => {
    const one = new Store(1);
    for (let key = 0; key < 100; key += 1) one.insert(anEntry(key));
    const walk = one.entries(0);
    const seen: Key[] = [];
    for (let step = 0; step < 50; step += 1) seen.push(walk.next().value!.key);
    for (let key = 0; key < 100; key += 2) one.remove(one.find(key, hashKey(key))!);
    for (let key = 100; key < 1_000; key += 1) one.insert(anEntry(key));
    for (const entry of walk) seen.push(entry.key);
    for (let key = 1; key < 100; key += 2) expect(seen.filter((other) => other === key)).toHaveLength(1);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('shows a paused walk nothing that was cleared', () => {
    const one = new Store(1);
    for (let key = 0; key < 10; key += 1) one.insert(anEntry(key));
    const walk = one.entries(0);
    walk.next();
    one.clearPartition(0);
    one.insert(anEntry('new'));
    expect([...walk].map((entry) => entry.key)).toEqual(['new']);
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
