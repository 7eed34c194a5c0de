import { hashKey, type Key, partitionOf } from '@cachex/router/hash';
import { describe, expect, it, vi } from 'vitest';
import { CacheError } from '../../src/errors.ts';
import type { Loader } from '../../src/functions.ts';
import type { Engine, EngineSettings } from '../../src/local/engine.ts';
import type { Load } from '../../src/local/flights.ts';
import type { LoadResult } from '../../src/local/loader-runs.ts';
import { commit, ignore } from '../../src/outcome.ts';
import { anEngine as bareEngine, entryOf, settle } from './an-engine.ts';

const anEngine = (settings: Partial<EngineSettings> = {}) => bareEngine({ stats: true, ...settings });
const find = (engine: Engine, key: Key): unknown => entryOf(engine, key)?.value;

function fetch(
  engine: Engine,
  key: Key,
  loader: Loader<Key, unknown>,
  ttl?: number | null,
): Promise<unknown> {
  return Promise.resolve(
    engine.loads.fetch(engine, key, hashKey(key), loader, ttl === undefined ? {} : { ttl }),
  );
}

/** A loader that answers when told to; each call has its own promise. */
function slowLoader() {
  const calls: {
    key: Key;
    signal: AbortSignal;
    resolve(value: unknown): void;
    reject(error: unknown): void;
  }[] = [];
  const loader: Loader<Key, unknown> = (key, { signal }) =>
    new Promise((resolve, reject) => calls.push({ key, signal, resolve, reject }));
  return { calls, loader };
}

describe('a load', () => {
  it('runs once for all who ask meanwhile, and is stored', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const answers = Promise.all([
      fetch(engine, 'ada', loader),
      fetch(engine, 'ada', loader),
      fetch(engine, 'ada', loader),
    ]);
    expect(calls.map((call) => call.key)).toEqual(['ada']);
    calls[0]!.resolve('value');
    expect(await answers).toEqual(['value', 'value', 'value']);
    expect(find(engine, 'ada')).toBe('value');
    expect(await fetch(engine, 'ada', loader)).toBe('value');
    expect(calls).toHaveLength(1);
    expect(engine.loads.running).toBe(0);
    expect(engine.statistics?.read()).toMatchObject({ hits: 1, misses: 3, loads: 1, writes: 1 });
  });

  it('begins in the same tick', () => {
    const { engine } = anEngine();
    const loader = vi.fn(() => 'value');
    void fetch(engine, 'ada', loader);
    expect(loader).toHaveBeenCalledOnce();
  });

  it('of one key does not hold up another', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const answers = [fetch(engine, 'ada', loader), fetch(engine, 'bob', loader)];
    calls[1]!.resolve('second');
    expect(await answers[1]).toBe('second');
    calls[0]!.resolve('first');
    expect(await answers[0]).toBe('first');
  });

  it('gets the key as the entry will keep it', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const key = ['user', 7];
    const answer = fetch(engine, key, loader);
    key.push('more');
    expect(calls[0]!.key).toEqual(['user', 7]);
    calls[0]!.resolve('value');
    await answer;
    expect(find(engine, ['user', 7])).toBe('value');
  });

  it('lives as long as the loader says, else the call, else the cache', async () => {
    const { engine } = anEngine({ ttl: 1_000 });
    const ttl = (key: Key) => entryOf(engine, key)?.ttl;
    await fetch(engine, 'cache', () => 1);
    await fetch(engine, 'call', () => 1, 50);
    await fetch(engine, 'never', () => 1, null);
    await fetch(engine, 'loader', () => commit(1, { ttl: 20 }), 50);
    await fetch(engine, 'loader, never', () => commit(1, { ttl: null }), 50);
    expect(['cache', 'call', 'never', 'loader', 'loader, never'].map(ttl)).toEqual([
      1_000,
      50,
      null,
      20,
      null,
    ]);
  });

  it('is not stored when it is ignored or there is nothing', async () => {
    const { engine } = anEngine();
    expect(await fetch(engine, 'ada', () => ignore('draft'))).toBe('draft');
    expect(await fetch(engine, 'ada', () => undefined)).toBeUndefined();
    expect(await fetch(engine, 'ada', () => ignore(undefined))).toBeUndefined();
    expect(engine.store.length).toBe(0);
    expect(engine.statistics?.read()).toMatchObject({ misses: 3, loads: 3, writes: 0 });
  });

  it('is stored when it is null or a committed undefined', async () => {
    const { engine } = anEngine();
    expect(await fetch(engine, 'null', () => null)).toBeNull();
    expect(engine.open(await fetch(engine, 'undefined', () => commit(undefined)))).toBeUndefined();
    expect(engine.store.length).toBe(2);
  });
});

describe('the error of a loader', () => {
  it('reaches all who wait, as it is, and is not kept', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const answers = [fetch(engine, 'ada', loader), fetch(engine, 'ada', loader)];
    const failure = new RangeError('database');
    calls[0]!.reject(failure);
    expect(await Promise.allSettled(answers)).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    expect(engine.store.length).toBe(0);
    expect(engine.loads.running).toBe(0);
    expect(await fetch(engine, 'ada', () => 'value')).toBe('value');
  });

  it('rejects also when it is thrown at once, whatever it is', async () => {
    const { engine } = anEngine();
    const answer = fetch(engine, 'ada', () => {
      throw 'text';
    });
    await expect(answer).rejects.toBe('text');
  });
});

describe('a change that overtakes a load', () => {
  const changes: [name: string, change: (engine: Engine) => unknown][] = [
    ['del', (engine) => engine.discard('ada', hashKey('ada'))],
    ['put', (engine) => engine.write('ada', hashKey('ada'), 'newer')],
    ['put and remove', (engine) => engine.remove(engine.write('ada', hashKey('ada'), 'newer'))],
    ['clear', (engine) => engine.partitions.forEach((partition) => void engine.clear(partition))],
  ];

  it.each(changes)('wins: %s', async (_name, change) => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const answers = [fetch(engine, 'ada', loader), fetch(engine, 'ada', loader)];
    change(engine);
    const after = find(engine, 'ada');
    calls[0]!.resolve('older');
    expect(await Promise.all(answers)).toEqual(['older', 'older']);
    expect(find(engine, 'ada')).toBe(after);
    expect(engine.loads.running).toBe(0);
  });

  it('wins over one that was forced although there is an entry', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const force = () => engine.loads.fetch(engine, 'ada', hashKey('ada'), loader, { forceRefresh: true });
    const slot = engine.write('ada', hashKey('ada'), 'first', 50);
    const replaced = force();
    engine.replace(slot, 'newer');
    calls[0]!.resolve('older');
    expect([await replaced, find(engine, 'ada')]).toEqual(['older', 'newer']);
    const expiring = force();
    engine.setExpiry(slot, 10);
    calls[1]!.resolve('older');
    expect([await expiring, find(engine, 'ada'), entryOf(engine, 'ada')?.ttl]).toEqual([
      'older',
      'newer',
      10,
    ]);
    const read = force();
    engine.touch(slot);
    calls[2]!.resolve('loaded');
    expect([await read, find(engine, 'ada')]).toEqual(['loaded', 'loaded']);
  });

  it('lets the next fetch load anew, and the older load does not disturb the newer', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const before = fetch(engine, 'ada', loader);
    engine.discard('ada', hashKey('ada'));
    const after = fetch(engine, 'ada', loader);
    const joined = fetch(engine, 'ada', loader);
    expect(calls).toHaveLength(2);
    calls[0]!.resolve('older');
    expect(await before).toBe('older');
    expect(find(engine, 'ada')).toBeUndefined();
    expect(engine.loads.running).toBe(1);
    calls[1]!.resolve('newer');
    expect(await Promise.all([after, joined])).toEqual(['newer', 'newer']);
    expect(find(engine, 'ada')).toBe('newer');
  });

  it('wins over the older load that ends last', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const before = fetch(engine, 'ada', loader);
    engine.discard('ada', hashKey('ada'));
    const after = fetch(engine, 'ada', loader);
    calls[1]!.resolve('newer');
    await after;
    calls[0]!.resolve('older');
    await before;
    expect(find(engine, 'ada')).toBe('newer');
  });

  it('touches no load of another key', async () => {
    const { engine } = anEngine({ partitions: 1 });
    const { calls, loader } = slowLoader();
    const answer = fetch(engine, 'ada', loader);
    engine.discard('bob', hashKey('bob'));
    engine.write('eve', hashKey('eve'), 1);
    calls[0]!.resolve('value');
    await answer;
    expect(find(engine, 'ada')).toBe('value');
  });

  it('may be made by the loader itself', async () => {
    const { engine } = anEngine();
    const answer = fetch(engine, 'ada', (key) => {
      engine.write(key, hashKey(key), 'written by the loader');
      return 'returned';
    });
    expect(await answer).toBe('returned');
    expect(find(engine, 'ada')).toBe('written by the loader');
  });

  it('is not the removal of an expired entry', async () => {
    const { engine, clock } = anEngine({ expiration: { interval: 3_000, lazy: false, jitter: 0 } });
    engine.write('ada', hashKey('ada'), 'old', 10);
    clock.advance(10);
    const { calls, loader } = slowLoader();
    const answer = fetch(engine, 'ada', loader);
    clock.advance(3_000);
    expect(engine.store.length).toBe(0);
    calls[0]!.resolve('value');
    await answer;
    expect(find(engine, 'ada')).toBe('value');
  });
});

const reconsider = (): Error => new Error('reconsider');

describe('settling', () => {
  it('goes through the function handed in, and is awaited before anyone is answered', async () => {
    const settled: unknown[] = [];
    let handedOver = (): void => {};
    const { engine } = anEngine({
      loads: {
        origin: 'here',
        reconsider,
        settle: (load, result) => {
          settled.push([load.token, result]);
          engine.loads.settle(engine, load.token, result);
          return new Promise<void>((resolve) => {
            handedOver = resolve;
          });
        },
      },
    });
    let answered = 0;
    const count = (): number => (answered += 1);
    void fetch(engine, 'ada', () => 'value', 50).then(count);
    await settle();
    void Promise.resolve(fetch(engine, 'ada', () => 'never run')).then(count);
    await settle();
    expect(settled).toEqual([['here:1', { kind: 'loaded', held: 'value', store: true, ttl: 50 }]]);
    expect(answered).toBe(1);
    handedOver();
    await settle();
    expect(answered).toBe(2);
    expect(engine.loads.running).toBe(0);
  });

  it('is not tried for a load that was overtaken', async () => {
    const settleLoad = vi.fn();
    const { engine } = anEngine({ loads: { origin: 'here', reconsider, settle: settleLoad } });
    const { calls, loader } = slowLoader();
    const answer = fetch(engine, 'ada', loader);
    engine.discard('ada', hashKey('ada'));
    calls[0]!.resolve('value');
    expect(await answer).toBe('value');
    expect(settleLoad).not.toHaveBeenCalled();
  });

  it('may fail: the result is answered all the same, and the failure reported', async () => {
    const failure = new Error('owner');
    const { engine } = anEngine({
      loads: { origin: 'here', reconsider, settle: () => Promise.reject(failure) },
    });
    const errors: unknown[] = [];
    engine.events.on('error', (error) => errors.push(error));
    expect(await fetch(engine, 'ada', () => 'value')).toBe('value');
    expect(errors).toEqual([failure]);
  });

  it('stores nothing for a token that is not known', () => {
    const { engine } = anEngine();
    const result = { kind: 'loaded', held: 'value', store: true, ttl: null } as const;
    expect(engine.loads.settle(engine, 'there:7', result)).toBe(false);
    expect(engine.store.length).toBe(0);
  });
});

describe('a load whose key moves', () => {
  const hash = hashKey('ada');
  const partition = partitionOf(hash, anEngine().engine.store.partitions);
  const load = { key: 'ada', hash, token: 'there:1' };

  it('is waited for at the new owner, and answers and stores there', async () => {
    const { engine } = anEngine();
    engine.loads.adopt(load);
    const never = vi.fn();
    const answer = fetch(engine, 'ada', never);
    const result = { kind: 'loaded', held: 'value', store: true, ttl: null } as const;
    expect(engine.loads.settle(engine, 'there:1', result)).toBe(true);
    expect(await answer).toBe('value');
    expect(find(engine, 'ada')).toBe('value');
    expect(never).not.toHaveBeenCalled();
    expect(engine.loads.running).toBe(0);
  });

  it('brings its error to those who wait at the new owner', async () => {
    const { engine } = anEngine();
    engine.loads.adopt(load);
    const answer = fetch(engine, 'ada', () => 'never run');
    engine.loads.settle(engine, 'there:1', { kind: 'failed', error: new Error('no such user') });
    await expect(answer).rejects.toThrow('no such user');
  });

  it('is not stored at the new owner when a change overtook it there', async () => {
    const { engine } = anEngine();
    engine.loads.adopt(load);
    const answer = fetch(engine, 'ada', () => 'never run');
    engine.discard('ada', hash);
    const result = { kind: 'loaded', held: 'old', store: true, ttl: null } as const;
    expect(engine.loads.settle(engine, 'there:1', result)).toBe(false);
    expect(await answer).toBe('old');
    expect(find(engine, 'ada')).toBeUndefined();
  });

  it('sends those who wait at a node it passes through on to the next', async () => {
    const { engine } = anEngine({ loads: { origin: 'here', reconsider, settle: () => {} } });
    engine.loads.adopt(load);
    const answer = fetch(engine, 'ada', () => 'never run');
    engine.loads.depart(partition);
    await expect(answer).rejects.toThrow('reconsider');
    expect(engine.loads.running).toBe(0);
  });

  it('sends them on even if it was overtaken where they wait', async () => {
    const { engine } = anEngine({ loads: { origin: 'here', reconsider, settle: () => {} } });
    engine.loads.adopt(load);
    const answer = fetch(engine, 'ada', () => 'never run');
    engine.discard('ada', hash);
    engine.loads.depart(partition);
    await expect(answer).rejects.toThrow('reconsider');
    expect(engine.loads.running).toBe(0);
  });

  it('is lost with the node that runs it', async () => {
    const { engine } = anEngine({ loads: { origin: 'here', reconsider, settle: () => {} } });
    engine.loads.adopt(load);
    const answer = fetch(engine, 'ada', () => 'never run');
    engine.loads.lost(['elsewhere', 'there']);
    await expect(answer).rejects.toThrow('reconsider');
    expect(await fetch(engine, 'ada', () => 'loaded again')).toBe('loaded again');
  });

  it('is handed over by the node that runs it, even if it was overtaken there after it had gone', async () => {
    const handed: LoadResult[] = [];
    const settleLoad = (_load: Load, result: LoadResult): void => void handed.push(result);
    const { engine } = anEngine({ loads: { origin: 'here', reconsider, settle: settleLoad } });
    const { calls, loader } = slowLoader();
    const answer = fetch(engine, 'ada', loader);
    expect(engine.loads.inFlight(partition)).toEqual([{ key: 'ada', hash, token: 'here:1' }]);
    engine.loads.depart(partition);
    engine.loads.overtake('ada', hash);
    calls[0]!.resolve('value');
    expect(await answer).toBe('value');
    expect(handed).toEqual([{ kind: 'loaded', held: 'value', store: true, ttl: undefined }]);
  });

  it('comes back to the node that runs it as the same load', async () => {
    const { engine } = anEngine({
      loads: {
        origin: 'here',
        reconsider,
        settle: ({ token }, result) => void engine.loads.settle(engine, token, result),
      },
    });
    const { calls, loader } = slowLoader();
    const answer = fetch(engine, 'ada', loader);
    engine.loads.depart(partition);
    engine.loads.adopt({ key: 'ada', hash, token: 'here:1' });
    const joined = fetch(engine, 'ada', () => 'never run');
    calls[0]!.resolve('value');
    expect(await Promise.all([answer, joined])).toEqual(['value', 'value']);
    expect(find(engine, 'ada')).toBe('value');
  });
});

describe('closing', () => {
  it('aborts loads and rejects all who wait with CLOSED, those of overtaken loads too', async () => {
    const { engine } = anEngine();
    const { calls, loader } = slowLoader();
    const answers = [
      fetch(engine, 'ada', loader),
      fetch(engine, 'bob', loader),
      fetch(engine, 'bob', loader),
    ];
    engine.discard('ada', hashKey('ada'));
    engine.close();
    for (const answer of await Promise.allSettled(answers)) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
    }
    for (const { signal } of calls) {
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toBeInstanceOf(CacheError);
    }
    calls[1]!.resolve('late');
    calls[0]!.reject(new Error('late'));
    await settle();
    expect(engine.store.length).toBe(0);
    expect(engine.loads.running).toBe(0);
  });
});
