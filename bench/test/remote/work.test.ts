import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/remote/client.ts';
import { Data, userOf } from '../../src/remote/data.ts';
import type { Operation } from '../../src/remote/load.ts';
import { workOf } from '../../src/remote/work.ts';

const data = new Data(300, 100);

function clientOf(entries: Map<string, unknown>, calls: string[]): Client {
  const told = <T>(name: string, answer: T): Promise<T> => {
    calls.push(name);
    return Promise.resolve(answer);
  };
  return {
    get: (key) => told('get', entries.get(key)),
    put: (key, value) => told('put', entries.set(key, value)),
    fetch: (key) => told('fetch', entries.get(key)),
    getMany: (keys) =>
      told(
        'getMany',
        keys.map((key) => entries.get(key)),
      ),
    pids: [],
    close() {},
  };
}

function filled(): Map<string, unknown> {
  return new Map(data.keys.map((key, index) => [key, data.values[index]]));
}

const workFor = (operation: Operation, entries: Map<string, unknown>, calls: string[] = []) =>
  workOf({ operation, inFlight: 1, bytes: 100 }, clientOf(entries, calls), data);

describe('work', () => {
  it('is what its load says', async () => {
    const seen: Record<string, string[]> = {};
    for (const operation of ['get', 'put', 'mixed', 'fetch', 'getMany'] as const) {
      const calls: string[] = [];
      const { operate, check } = workFor(operation, filled(), calls);
      for (let n = 0; n < 4; n += 1) check(n, await operate(n));
      seen[operation] = calls;
    }
    expect(seen).toEqual({
      get: ['get', 'get', 'get', 'get'],
      put: ['put', 'put', 'put', 'put'],
      mixed: ['get', 'put', 'get', 'put'],
      fetch: ['fetch', 'fetch', 'fetch', 'fetch'],
      getMany: ['getMany', 'getMany', 'getMany', 'getMany'],
    });
  });

  it('walks through all keys, again and again', async () => {
    const entries = new Map<string, unknown>();
    const { operate } = workFor('put', entries);
    for (let n = 0; n < 2 * data.size; n += 1) await operate(n);
    expect(entries).toEqual(filled());
  });

  it('refuses a miss, and one in many of the other values that are not what was put', async () => {
    const { check } = workFor('get', filled());
    expect(() => check(5, undefined)).toThrow('is not there');
    expect(() => check(5, null)).toThrow('is not there');
    expect(() => check(64, data.values[63])).toThrow('has another value');
    expect(() => check(64, { ...data.values[64] })).not.toThrow();
  });

  it('refuses an answer for many keys in which one is missing', async () => {
    const entries = filled();
    const { operate, check } = workFor('getMany', entries);
    entries.delete(data.keys[150]!);
    expect(() => check(0, ['too', 'few'])).toThrow('2 answers to 100 keys');
    const [first, second] = [await operate(0), await operate(1)];
    expect(() => check(0, first)).not.toThrow();
    expect(() => check(1, second)).toThrow(`${data.keys[150]} is not there`);
  });
});

describe('data', () => {
  it('has values of about as many bytes as asked for', () => {
    for (const bytes of [100, 2_000]) {
      for (const id of [0, 12_345, 99_999]) {
        const { length } = JSON.stringify(userOf(id, bytes));
        expect(Math.abs(length - bytes) / bytes).toBeLessThan(0.15);
      }
    }
  });

  it('has as many different keys of 20 characters, others for values of another size', () => {
    const keys = [...data.keys, ...new Data(300, 2_000).keys];
    expect(new Set(keys).size).toBe(600);
    expect(new Set(keys.map(({ length }) => length))).toEqual(new Set([20]));
  });
});
