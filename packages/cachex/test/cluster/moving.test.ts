import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JoinOptions } from '../../src/cluster/index.ts';
import { aGate } from '../gate.ts';
import { manyKeys } from '../keys.ts';
import { keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

describe('when partitions move to a node that joins', () => {
  it('no node holds a key that it does not own', async () => {
    const [first] = await simulation.joinAll('a');
    const cache = first!.cache<string, number>('users');
    for (const [n, key] of manyKeys.entries()) await cache.put(key, n);
    const second = await simulation.join('b');
    second.cache('users');
    await simulation.advance(1_000);
    expect(first!.status()).toMatchObject({ moving: 0 });
    for (const node of [first!, second]) {
      const { local } = node.cache<string, number>('users');
      for (const key of local.keys()) expect(node.route(key).owner).toBe(node.id);
      expect(local.size()).toBe(local.keys().length);
    }
    expect(cache.local.size()).toBe(manyKeys.filter((key) => first!.route(key).owner === 'a').length);
  });

  it('a load that is in flight is answered, and not stored where the key no longer lives', async () => {
    const gate = aGate();
    const load = async (key: string): Promise<string> => {
      await gate.passed;
      return `loaded ${key}`;
    };
    const [first] = await simulation.joinAll('a');
    const cache = first!.cache('users', { functions: { load } });
    const answers = manyKeys.map((key) => cache.fetch(key, 'load', { timeout: '1h' }));
    const second = await simulation.join('b');
    second.cache('users', { functions: { load } });
    await simulation.advance(1_000);
    expect(manyKeys).toContain(keyOf(first!, 'b'));
    gate.open();
    expect(await simulation.run(Promise.all(answers))).toEqual(manyKeys.map((key) => `loaded ${key}`));
    expect(cache.local.keys().filter((key) => first!.route(key).owner !== 'a')).toEqual([]);
  });
});

describe('a load whose key has moved', () => {
  const never = (): Promise<string> => new Promise(() => {});

  /** A key that a node loads with `load` while another node has come to own it. */
  async function loadElsewhere(
    load: (key: string) => Promise<string>,
    options: Partial<JoinOptions> = {},
    ofSecond: Partial<JoinOptions> = options,
  ) {
    const first = await simulation.join('a', options);
    const cache = first.cache('users', { functions: { load } });
    const answers = manyKeys.map((key) => cache.fetch(key, 'load', { timeout: '1h' }));
    for (const answer of answers) answer.catch(() => {});
    const second = await simulation.join('b', ofSecond);
    const other = second.cache('users', { functions: { load: async (key: string) => `loaded ${key} anew` } });
    await simulation.advance(1_000);
    return { cache, answers, other, key: manyKeys.find((each) => first.route(each).owner === 'b')! };
  }

  it('is handed over when its owner can be reached again, however late', async () => {
    const gate = aGate();
    const { other, key } = await loadElsewhere(
      async (each) => {
        await gate.passed;
        return `loaded ${each}`;
      },
      { failureAfter: '10m' },
    );
    simulation.silence('a');
    gate.open();
    await simulation.advance(60_000);
    simulation.silence('a', false);
    await simulation.advance(2_000);
    expect(await simulation.run(other.fetch(key, 'load'))).toBe(`loaded ${key}`);
  });

  it('ends with an error if its result is too large to be handed over, and can be tried again', async () => {
    const gate = aGate();
    const large = 'x'.repeat(50_000);
    const limits = { frame: 20_000 };
    const { answers, other, key } = await loadElsewhere(
      async () => {
        await gate.passed;
        return large;
      },
      { limits },
    );
    gate.open();
    const outcomes = await simulation.run(Promise.allSettled(answers));
    expect(outcomes[manyKeys.indexOf(key)]).toMatchObject({
      status: 'rejected',
      reason: { code: 'TOO_LARGE' },
    });
    expect(await simulation.run(other.fetch(key, 'load'))).toBe(`loaded ${key} anew`);
  });

  it('is not waited for where its runner died while the key moved on', async () => {
    const store = simulation.cluster.store.open();
    const slow = aGate();
    let delayed = false;
    const compareAndSet: typeof store.compareAndSet = async (...args) => {
      if (delayed) await slow.passed;
      return store.compareAndSet(...args);
    };
    await loadElsewhere(never, { partitions: 16 }, { store: { ...store, compareAndSet } });
    const third = await simulation.join('c');
    const last = third.cache('users', { functions: { load: async (key: string) => `loaded ${key} anew` } });
    await simulation.advance(1_000);
    const [, second] = simulation.nodes;
    const sealed = (): boolean => second!.status().moves.some(({ phase }) => phase === 'sealed');
    await simulation.run(second!.setWeight(0.01));
    delayed = true;
    while (!sealed()) await simulation.advance(0.25);
    // Everything is at the third node, and its runner dies before that is committed.
    await simulation.advance(100);
    simulation.crash('a');
    await simulation.advance(100);
    slow.open();
    await simulation.advance(1_000);
    const keys = manyKeys.filter((key) => third.route(key).owner === 'c');
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(await simulation.run(last.fetch(key, 'load'))).toBe(`loaded ${key} anew`);
  });
});
