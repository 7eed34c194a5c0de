import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CommandMap } from '../../../src/index.ts';
import { aGate, eventually, type Gate } from '../../gate.ts';
import { type AnyCache, keyOf, Simulation } from '../simulation.ts';

let simulation: Simulation;
let gate: Gate;
beforeEach(() => {
  simulation = new Simulation();
  gate = aGate();
});
afterEach(async () => {
  gate.open();
  await simulation.close();
});

const commands = {
  bump: { type: 'write', execute: (n = 0) => [n, n + 1] },
} as const satisfies CommandMap<number>;

const functions = {
  load: async () => {
    await gate.passed;
    return -1;
  },
  next: (n: number | undefined) => (n ?? 0) + 1,
  later: async (n: number | undefined) => (n ?? 0) + 1,
};

type Change = (cache: AnyCache, key: string) => Promise<unknown>;

const changes: [name: string, change: Change][] = [
  ['incr', (cache, key) => cache.incr(key)],
  ['a command', (cache, key) => (cache as unknown as Commanded).invoke('bump', key)],
  ['a new value', (cache, key) => cache.update(key, 2)],
  ['a named function', (cache, key) => cache.getAndUpdate(key, 'next')],
  ['an asynchronous named function', (cache, key) => cache.getAndUpdate(key, 'later')],
  ['a function of the caller', (cache, key) => cache.update(key, (n) => (n as number) + 1)],
  ['a transaction', (cache, key) => cache.transaction([key], async (tx) => tx.incr(key))],
];

interface Commanded {
  invoke(command: 'bump', key: string): Promise<unknown>;
}

it.each(changes)(
  'a load that was forced does not overwrite what was changed meanwhile: %s',
  async (_, change) => {
    const nodes = [await simulation.join('a'), await simulation.join('b')] as const;
    for (const node of nodes) await simulation.run(node.ready());
    const [first, second] = nodes.map(
      (node) => node.cache('numbers', { functions, commands, stats: true }) as unknown as AnyCache,
    ) as [AnyCache, AnyCache];
    await simulation.advance(100);
    const key = keyOf(nodes[0], 'a');
    for (const loader of ['load', functions.load] as const) {
      gate = aGate();
      await simulation.run(second.put(key, 1));
      const before = (await first.stats()).loads + (await second.stats()).loads;
      const loaded = second.fetch(key, loader as 'load', { forceRefresh: true });
      await eventually(async () => {
        await simulation.advance(1);
        return (await first.stats()).loads + (await second.stats()).loads > before;
      });
      await simulation.run(change(second, key));
      gate.open();
      expect(await simulation.run(loaded)).toBe(-1);
      expect(await simulation.run(first.get(key))).toBe(2);
      const again = second.fetch(key, loader as 'load', { forceRefresh: true });
      expect(await simulation.run(again)).toBe(-1);
      expect(await simulation.run(first.get(key))).toBe(-1);
    }
  },
);
