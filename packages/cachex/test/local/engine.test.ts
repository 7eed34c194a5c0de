import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import type { Change, Engine } from '../../src/local/engine.ts';
import { type Entry, Store } from '../../src/local/store.ts';
import { anEngine, anEntry, entryOf, insert } from './an-engine.ts';

const find = (engine: Engine, key: Key): unknown => entryOf(engine, key)?.value;
const write = (engine: Engine, key: Key, value: unknown, ttl?: number | null) =>
  engine.write(key, hashKey(key), value, ttl);
/** What an entry is once it was written. */
const written = (engine: Engine, ...args: [key: Key, value: unknown, ttl?: number | null]): Entry =>
  engine.store.entry(write(engine, ...args));

describe('expiry', () => {
  it('lasts as long as it was given, to the millisecond', () => {
    const { engine, clock } = anEngine();
    write(engine, 'ada', 1, 100);
    clock.advance(99);
    expect(find(engine, 'ada')).toBe(1);
    clock.advance(1);
    expect(find(engine, 'ada')).toBeUndefined();
  });

  it('is that of the cache unless a write brings its own', () => {
    const { engine } = anEngine({ ttl: 500 });
    expect(written(engine, 'default', 1)).toMatchObject({ ttl: 500, expires: 1_500 });
    expect(written(engine, 'own', 1, 20)).toMatchObject({ ttl: 20, expires: 1_020 });
    expect(written(engine, 'none', 1, null)).toMatchObject({ ttl: null, expires: Number.POSITIVE_INFINITY });
  });

  it('is shortened at random by at most the jitter, if it is the default', () => {
    const draws = [0, 0.5, 0.999];
    const jitter = { interval: false as const, lazy: true, jitter: 0.1 };
    const { engine } = anEngine({ ttl: 1_000, expiration: jitter, random: () => draws.shift()! });
    expect(written(engine, 'a', 1).ttl).toBe(1_000);
    expect(written(engine, 'b', 1).ttl).toBe(950);
    // A whole number of ms, and none is lost.
    expect(written(engine, 'c', 1).ttl).toBe(901);
    expect(written(engine, 'd', 1, 1_000).ttl).toBe(1_000);
  });

  it('is overwritten by a write, kept by a replacement, and set apart from the value', () => {
    const { engine, clock } = anEngine();
    const slot = write(engine, 'ada', 1, 100);
    const entry = (): Entry => engine.store.entry(slot);
    clock.advance(50);
    const { version } = entry();
    engine.replace(slot, 2);
    expect(entry()).toMatchObject({ value: 2, expires: 1_100, ttl: 100, modified: 1_050 });
    expect(entry().version).toBeGreaterThan(version);
    engine.setExpiry(slot, 200);
    expect(entry()).toMatchObject({ value: 2, expires: 1_250, ttl: 200, modified: 1_050 });
    engine.setExpiry(slot, null);
    expect(entry()).toMatchObject({ expires: Number.POSITIVE_INFINITY, ttl: null });
    expect(written(engine, 'ada', 3, 10)).toMatchObject({ value: 3, expires: 1_060 });
  });

  it('stays when the entry is touched, as do its value and version', () => {
    const { engine, clock } = anEngine();
    const slot = write(engine, 'ada', 1, 100);
    const before = engine.store.entry(slot);
    clock.advance(50);
    engine.touch(slot);
    expect(engine.store.entry(slot)).toEqual({ ...before, modified: 1_050 });
  });

  it('is found by a read, which removes and reports the entry', () => {
    const { engine, clock } = anEngine({ stats: true });
    const expired: Key[] = [];
    engine.events.on('expired', (key) => expired.push(key));
    write(engine, 'ada', 1, 10);
    clock.advance(10);
    expect(find(engine, 'ada')).toBeUndefined();
    expect(find(engine, 'ada')).toBeUndefined();
    expect(expired).toEqual(['ada']);
    expect(engine.store.length).toBe(0);
    expect(engine.statistics?.read().expirations).toBe(1);
  });

  it('is found by a purge of its partition, which removes and reports the entries', () => {
    const { engine, clock } = anEngine({ partitions: 1, stats: true });
    const expired: Key[] = [];
    engine.events.on('expired', (key) => expired.push(key));
    write(engine, 'ada', 1, 10);
    write(engine, 'bob', 1, 20);
    write(engine, 'eve', 1);
    clock.advance(10);
    expect([engine.purge(0), engine.purge(0)]).toEqual([1, 0]);
    clock.advance(10);
    expect(engine.purge(0)).toBe(1);
    expect(expired).toEqual(['ada', 'bob']);
    expect(engine.store.length).toBe(1);
    expect(engine.statistics?.read()).toMatchObject({ expirations: 2, removals: 0 });
  });

  it('leaves the entry to the sweep when it is not lazy', () => {
    const { engine, clock } = anEngine({ expiration: { interval: 3_000, lazy: false, jitter: 0 } });
    write(engine, 'ada', 1, 10);
    clock.advance(10);
    expect(find(engine, 'ada')).toBeUndefined();
    expect(engine.discard('ada', hashKey('ada'))).toBe(false);
    expect(engine.store.length).toBe(1);
    expect(written(engine, 'ada', 2)).toMatchObject({ value: 2, ttl: null });
    expect(engine.store.length).toBe(1);
  });

  it('costs a read no look at the clock where nothing can expire', () => {
    const { engine, clock } = anEngine();
    write(engine, 'ada', 1);
    const { reads } = clock;
    find(engine, 'ada');
    find(engine, 'absent');
    expect(clock.reads).toBe(reads);
  });
});

describe('versions', () => {
  it('grow over all entries, also over one that was removed and came back', () => {
    const { engine } = anEngine();
    const versions: number[] = [];
    versions.push(
      written(engine, 'a', 1).version,
      written(engine, 'b', 1).version,
      written(engine, 'a', 2).version,
    );
    engine.remove(engine.find('a', hashKey('a')));
    const back = write(engine, 'a', 3);
    versions.push(engine.store.version(back));
    engine.replace(back, 4);
    versions.push(engine.store.version(back));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe('keys', () => {
  it('are stored as 0 when they are -0, and copied when they are arrays', () => {
    const { engine } = anEngine();
    expect(Object.is(written(engine, -0, 1).key, 0)).toBe(true);
    const key = ['user', 7];
    write(engine, key, 1);
    key.push('more');
    expect(find(engine, ['user', 7])).toBe(1);
  });
});

describe('changes', () => {
  it('are told in order, after they were made', () => {
    const changes: (Change | string)[] = [];
    const told = ({ key, value }: Entry): string => `${key}=${value}`;
    const { engine, clock } = anEngine({
      changed: (change) =>
        changes.push(change.type === 'write' ? told(engine.store.entry(change.slot)) : change),
    });
    const slot = write(engine, 'ada', 1);
    engine.replace(slot, 2);
    engine.setExpiry(slot, 10);
    engine.touch(slot);
    clock.advance(10);
    find(engine, 'ada');
    engine.remove(write(engine, 'bob', 3));
    write(engine, 'eve', 4);
    engine.discard('eve', hashKey('eve'));
    engine.discard('eve', hashKey('eve'));
    write(engine, 'joe', 5);
    expect(engine.take('joe', hashKey('joe'))).toBe(5);
    expect(engine.take('joe', hashKey('joe'))).toBeUndefined();
    engine.clear(5);
    expect(changes).toEqual([
      'ada=1',
      'ada=2',
      'ada=2',
      'ada=2',
      { type: 'remove', key: 'ada', hash: hashKey('ada') },
      'bob=3',
      { type: 'remove', key: 'bob', hash: hashKey('bob') },
      'eve=4',
      { type: 'remove', key: 'eve', hash: hashKey('eve') },
      'joe=5',
      { type: 'remove', key: 'joe', hash: hashKey('joe') },
      { type: 'clear', partition: 5 },
    ]);
  });
});

describe('events', () => {
  it('do not throw into the code that reports', () => {
    const { engine, clock } = anEngine();
    const failure = new Error('listener');
    engine.events.on('expired', () => {
      throw failure;
    });
    write(engine, 'ada', 1, 10);
    clock.advance(10);
    expect(find(engine, 'ada')).toBeUndefined();

    const errors: unknown[] = [];
    engine.events.on('error', (error) => errors.push(error));
    write(engine, 'bob', 1, 10);
    clock.advance(10);
    expect(find(engine, 'bob')).toBeUndefined();
    expect(errors).toEqual([failure]);
  });

  it('may change the cache while they are told', () => {
    const { engine, clock } = anEngine();
    engine.events.on('expired', (key) => write(engine, key, 'again'));
    write(engine, 'ada', 1, 10);
    write(engine, 'bob', 1, 10);
    clock.advance(10);
    expect([find(engine, 'ada'), find(engine, 'ada')]).toEqual(['again', 'again']);
    expect(engine.take('bob', hashKey('bob'))).toBe('again');
  });

  it('may change the cache while a purge tells them', () => {
    const { engine, clock } = anEngine({ partitions: 1 });
    engine.events.on('expired', (key) => {
      write(engine, key, 'again', 10);
      engine.discard('eve', hashKey('eve'));
    });
    for (const key of ['ada', 'eve', 'bob']) write(engine, key, 1, 10);
    clock.advance(10);
    expect(engine.purge(0)).toBe(2);
    expect([find(engine, 'ada'), find(engine, 'bob'), engine.store.length]).toEqual(['again', 'again', 2]);
  });
});

describe('close', () => {
  it('lets go of entries and timers, and may be repeated', () => {
    const { engine, clock } = anEngine();
    write(engine, 'ada', 1, 10);
    engine.close();
    engine.close();
    expect(engine.closed).toBe(true);
    expect(engine.store.length).toBe(0);
    expect(clock.timers).toBe(0);
  });
});

describe('versions of engines whose entries come to each other', () => {
  it('begin where they are told to, and take nothing over from a copy', () => {
    const { engine: one } = anEngine({ firstVersion: 1_000 });
    const { engine: other } = anEngine({ firstVersion: 5_000 });
    const first = written(one, 'a', 1).version;
    const removed = written(one, 'a', 2).version;
    expect([first, removed]).toEqual([1_001, 1_002]);
    one.remove(one.find('a', hashKey('a')));
    const partition = partitionOf(hashKey('a'), 16);
    const copy = new Store(16, true);
    insert(copy, anEntry('a', { version: first }));
    other.takeOver(partition, copy);
    expect(entryOf(other, 'a')!.version).toBe(first);
    // The next one is not the one that followed there.
    expect(written(other, 'a', 3).version).toBe(5_001);
  });
});
