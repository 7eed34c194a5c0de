import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
