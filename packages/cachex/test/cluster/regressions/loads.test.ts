import type { View, ViewStore } from '@cachex/router';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aGate, type Gate } from '../../gate.ts';
import { manyKeys } from '../../keys.ts';
import { Simulation } from '../simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

/** A store whose next publications wait, each for a gate of its own. */
function held(store: ViewStore): ViewStore & { gates: Gate[] } {
  const gates: Gate[] = [];
  return {
    gates,
    read: () => store.read(),
    async compareAndSet(expected: number, next: View) {
      await gates.shift()?.passed;
      return store.compareAndSet(expected, next);
    },
    watch: (changed) => store.watch(changed),
    close: () => store.close(),
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let step = 0; !holds(); step += 1) {
    if (step > 20_000) throw new Error(`it did not come to that: ${holds}`);
    await simulation.advance(0.25);
  }
}

describe('a load of which another node was told by a move that came to nothing', () => {
  it('is not waited for there once the key has moved after all, for it has ended meanwhile', async () => {
    const store = held(simulation.cluster.store.open());
    const first = await simulation.join('a', { store, backups: 1, partitions: 16 });
    const gate = aGate();
    const cache = first.cache('users', {
      functions: {
        load: async (key: string) => {
          await gate.passed;
          return `loaded ${key}`;
        },
      },
    });
    const second = await simulation.join('b', { weight: 0.001 });
    const other = second.cache('users', { functions: { load: async (key: string) => `loaded ${key} anew` } });
    await simulation.advance(1_000);
    expect(first.route(manyKeys[0]!)).toMatchObject({ owner: 'a', backups: ['b'] });
    const loads = manyKeys.map((key) => cache.fetch(key, 'load', { timeout: '1h' }));
    // Everything is at b, loads included, and about to be published, when b asks for nothing after all.
    const [move, after] = [aGate(), aGate()];
    store.gates.push(move, after);
    await simulation.run(second.setWeight(1));
    await until(() => store.gates.length === 1);
    expect(first.status().moves).toMatchObject([{ to: 'b', phase: 'sealed' }]);
    await simulation.run(second.setWeight(0));
    move.open();
    await until(() => first.status().moves.length === 0);
    gate.open();
    expect(await simulation.run(Promise.all(loads))).toEqual(manyKeys.map((key) => `loaded ${key}`));
    await simulation.run(Promise.all(manyKeys.map((key) => cache.del(key))));
    // It asks again before anybody has done away with its copies, and now they are published.
    await simulation.run(second.setWeight(1));
    after.open();
    await until(() => second.status().moving === 0 && manyKeys.some((key) => first.route(key).owner === 'b'));
    const moved = manyKeys.filter((key) => first.route(key).owner === 'b');
    expect(moved.length).toBeGreaterThan(0);
    for (const key of moved)
      expect(await simulation.run(other.fetch(key, 'load'))).toBe(`loaded ${key} anew`);
  });
});
