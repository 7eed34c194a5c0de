import { hashKey } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import { createCache } from '../../../src/index.ts';
import { policies } from '../../../src/local/limits/policies.ts';
import { none, Store } from '../../../src/local/store.ts';
import { anEngine, anEntry, insert } from '../an-engine.ts';

describe('what measures an entry', () => {
  it('may remove the one that is given another value, and put others', () => {
    const todo: (() => void)[] = [];
    const sizeOf = (): number => {
      todo.shift()?.();
      return 1;
    };
    const cache = createCache<string, number>({ limit: { bytes: 100, sizeOf } });
    cache.put('a', 1);
    todo.push(() => {
      cache.del('a');
      cache.put('b', 2);
    });
    cache.update('a', 3);
    expect([...cache.entries()]).toEqual([['b', 2]]);
  });

  it('may be a getter of the value that does', () => {
    const cache = createCache<string, unknown>({ limit: { bytes: 1_000 } });
    cache.put('a', 1);
    const value = {
      get read() {
        cache.del('a');
        cache.put('b', 2);
        return true;
      },
    };
    cache.update('a', value);
    expect([...cache.entries()]).toEqual([['b', 2]]);
  });

  it('may fail for an entry that comes with its partition, which is reported', () => {
    const failure = new Error('cannot be measured');
    const { engine } = anEngine({
      partitions: 1,
      limit: {
        size: Number.POSITIVE_INFINITY,
        bytes: 100,
        heap: undefined,
        policy: policies.lru,
        policyName: 'lru',
        sizeOf(value) {
          if (value === 'bad') throw failure;
          return 40;
        },
      },
    });
    const errors: unknown[] = [];
    engine.events.on('error', (error) => errors.push(error));
    const copy = new Store(1, true);
    for (const key of ['a', 'bad', 'b']) insert(copy, anEntry(key));
    engine.takeOver(0, copy);
    expect(errors).toEqual([failure]);
    // Six are what it is estimated at.
    expect(engine.limits!.bytes).toBe(86);
    for (const key of ['c', 'd', 'e']) expect(engine.write(key, hashKey(key), key)).not.toBe(none);
    expect(engine.limits!.bytes).toBe(80);
    expect(engine.store.length).toBe(2);
  });
});
