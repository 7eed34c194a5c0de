import { hashKey, type Key } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import type { Methods } from '../../src/action.ts';
import { Draft, entriesOf, inOrder } from '../../src/local/draft.ts';
import type { Engine } from '../../src/local/engine.ts';
import { applyWrites, type Write } from '../../src/local/writes.ts';
import { anEngine, entryOf, staleOf } from './an-engine.ts';

/** Entries that never expire, in an engine that counts. */
function withEntries(...keys: Key[]): ReturnType<typeof anEngine> {
  const made = anEngine({ stats: true });
  for (const key of keys) made.engine.write(key, hashKey(key), `${String(key)} before`);
  return made;
}

function aDraft(engine: Engine, ...keys: Key[]): Draft {
  const named = inOrder(keys, hashKey, 16);
  return new Draft(engine, named, entriesOf(engine, named));
}

/** What is written of what is done with the methods of a draft. */
function written(engine: Engine, keys: Key[], work: (tx: Methods) => void, later = (): void => {}): Write[] {
  const draft = aDraft(engine, ...keys);
  work(draft.methods);
  later();
  return draft.writes();
}

describe('what was done to a draft', () => {
  it('is told once for each key, as it is in the end; what is only read is not told', () => {
    const { engine } = withEntries('a', 'b', 'c', 'd');
    const writes = written(engine, ['a', 'b', 'c', 'd', 'e', 'f'], (tx) => {
      tx.put!('a', 1);
      tx.put!('a', 2, { ttl: 50 });
      tx.update!('b', () => 'b after');
      tx.del!('c');
      tx.get!('d');
      tx.put!('e', 1);
      tx.del!('e');
      tx.put!('f', undefined);
    });
    const hash = hashKey;
    expect(writes).toEqual([
      ['put', hash('a'), ['a', 0, 50, 50], false, 2],
      ['put', hash('b'), ['b', 0, null, null], true, 'b after'],
      ['remove', hash('c'), ['c']],
      ['remove', hash('e'), ['e']],
      ['put', hash('f'), ['f', 0, null, null], false, engine.hold(undefined)],
    ]);
    expect(engine.open(entryOf(engine, 'a')!.value)).toBe('a before');
  });

  it('is the expiry alone if that is all', () => {
    const { engine, clock } = withEntries('a', 'b', 'c');
    const writes = written(engine, ['a', 'b', 'c'], (tx) => {
      tx.expire!('a', 500);
      clock.advance(100);
      tx.touch!('b');
      tx.touch!('c');
      tx.expire!('c', 500);
    });
    expect(writes).toEqual([
      ['mark', hashKey('a'), ['a', 100, 400, 500], false, false],
      ['mark', hashKey('b'), ['b', 0, null, null], true, true],
      ['mark', hashKey('c'), ['c', 0, 500, 500], false, true],
    ]);
  });

  it('is not told of what has expired by itself, and as a removal of what was to', () => {
    const { engine, clock } = withEntries('a', 'b', 'c');
    engine.write('a', hashKey('a'), 1, 100);
    engine.write('b', hashKey('b'), 1, 100);
    const writes = written(
      engine,
      ['a', 'b', 'c'],
      (tx) => {
        tx.update!('b', 2);
        tx.expire!('c', 50);
      },
      () => {
        clock.advance(100);
      },
    );
    expect(writes).toEqual([
      ['remove', hashKey('b'), ['b']],
      ['remove', hashKey('c'), ['c']],
    ]);
  });
});

describe('writing it', () => {
  it('gives entries what they had in the draft, and counts each once', () => {
    const { engine, clock } = withEntries('a', 'b', 'c', 'd');
    engine.write('e', hashKey('e'), 1, 100);
    const writes = written(engine, ['a', 'b', 'c', 'd', 'e', 'f'], (tx) => {
      clock.advance(5);
      tx.put!('a', 1, { ttl: 50 });
      tx.update!('b', 2);
      tx.del!('c');
      tx.touch!('d');
      tx.update!('e', 2);
      tx.add!('f', 3);
    });
    clock.advance(10);
    applyWrites(engine, writes);
    const entry = (key: Key): unknown[] => {
      const { value, expires, modified, ttl } = entryOf(engine, key)!;
      return [value, expires - clock.now(), clock.now() - modified, ttl];
    };
    const { POSITIVE_INFINITY: never } = Number;
    expect([entry('a'), entry('b'), entry('d'), entry('e'), entry('f')]).toEqual([
      [1, 50, 0, 50],
      [2, never, 0, null],
      ['d before', never, 0, null],
      [2, 85, 0, 100],
      [3, never, 0, null],
    ]);
    expect(entryOf(engine, 'c')).toBeUndefined();
    expect(engine.statistics!.read()).toMatchObject({ writes: 2, updates: 3, removals: 1 });
  });

  it('does not bring back what has expired meanwhile, but what was evicted', () => {
    const { engine, clock } = withEntries('a');
    engine.write('b', hashKey('b'), 1, 100);
    const writes = written(engine, ['a', 'b'], (tx) => {
      tx.update!('a', 2);
      tx.update!('b', 2);
    });
    clock.advance(100);
    engine.discard('a', hashKey('a'));
    applyWrites(engine, writes);
    expect([entryOf(engine, 'a')?.value, entryOf(engine, 'b')]).toEqual([2, undefined]);
  });
});

describe('what has expired and is kept as a stale value', () => {
  const stale = (engine: Engine, key: Key): unknown => staleOf(engine, key)?.value;

  it('is not answered any more once a transaction has removed the key', () => {
    const { engine, clock } = withEntries();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (const key of keys) engine.write(key, hashKey(key), 'old', 100, { staleFor: 1_000 });
    clock.advance(100);
    const writes = written(engine, keys, (tx) => {
      tx.del!('a');
      tx.take!('b');
      tx.expire!('c', 0);
      tx.put!('d', 1);
      tx.del!('d');
      tx.get!('e');
    });
    applyWrites(engine, writes);
    expect(keys.map((key) => stale(engine, key))).toEqual([...Array(4).fill(undefined), 'old']);
    expect(engine.statistics!.read()).toMatchObject({ removals: 0, expirations: 0 });
  });

  it('is not what a transaction had replaced before it expired', () => {
    const { engine, clock } = withEntries();
    engine.write('a', hashKey('a'), 'old', 100, { staleFor: 1_000 });
    const writes = written(engine, ['a'], (tx) => void tx.update!('a', 'new'));
    clock.advance(100);
    applyWrites(engine, writes);
    expect([entryOf(engine, 'a'), stale(engine, 'a')]).toEqual([undefined, undefined]);
  });
});

describe('the order of keys', () => {
  it('is the same for all, by partition, and has each key once', () => {
    const keys: Key[] = Array.from({ length: 40 }, (_, n) =>
      n % 3 === 0 ? n : n % 3 === 1 ? `${n}` : ['k', n],
    );
    const order = inOrder(keys, hashKey, 16);
    expect(inOrder([...keys, ...keys].reverse(), hashKey, 16)).toEqual(order);
    const partitions = order.map(({ hash }) => hash % 16);
    expect(partitions).toEqual([...partitions].sort((one, other) => one - other));
    // Also of keys of one hash.
    const clashing = inOrder(['b', 1, 'a', '1'], () => 7, 16).map(({ key }) => key);
    expect(inOrder(['1', 'a', 1, 'b'], () => 7, 16).map(({ key }) => key)).toEqual(clashing);
  });
});
