import { afterAll, describe, expect, it } from 'vitest';
import type { Hook } from '../../src/index.ts';
import { manyKeys } from '../keys.ts';
import { settle } from '../local/an-engine.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('reset $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes everything, and answers how much that was', async () => {
    const { cache } = await setUp.open();
    for (const key of manyKeys) await cache.put(key, 1);
    expect(await cache.reset({ only: ['hooks'] })).toBe(0);
    expect(await cache.size()).toBe(manyKeys.length);
    expect(await cache.reset()).toBe(manyKeys.length);
    expect(await cache.isEmpty()).toBe(true);
  });

  itSteadily(setUp, 'renews the hooks of every node, also of those that own nothing of it', async () => {
    const states = new Map<string, unknown>();
    const hooks = (node: number): Hook[] => [
      {
        name: 'own',
        type: 'post',
        init: () => ({ calls: 0 }),
        reset: (state) => ({ before: state.calls, calls: 0 }),
        notify(_call, _outcome, state) {
          state.calls += 1;
          states.set(`own ${node}`, { ...state });
        },
      },
      {
        name: 'begun again',
        type: 'pre',
        async: true,
        init: () => ({ calls: 0 }),
        notify(_call, _outcome, state) {
          state.calls += 1;
          states.set(`begun again ${node}`, { ...state });
        },
      },
    ];
    const { cache } = await setUp.open((node) => ({ hooks: hooks(node) }));
    for (const key of manyKeys) await cache.put(key, 1);
    await settle();
    const nodes = Array.from({ length: setUp.nodes }, (_, node) => node);
    const puts = nodes.map((node) => (states.get(`own ${node}`) as { calls: number }).calls);
    expect(puts.reduce((sum, one) => sum + one, 0)).toBe(manyKeys.length);
    expect(await cache.reset({ hooks: ['own'] })).toBe(manyKeys.length);
    await settle();
    for (const node of nodes) {
      expect(states.get(`own ${node}`)).toEqual({ before: puts[node], calls: 1 });
      expect(states.get(`begun again ${node}`)).toEqual({ calls: puts[node]! + 1 });
    }
    await cache.reset({ only: ['hooks'] });
    await settle();
    await cache.size();
    await settle();
    for (const node of nodes) expect(states.get(`begun again ${node}`)).toEqual({ calls: 1 });
  });

  it('is told of at each node, and not as the calls it is made of', async () => {
    const told: string[] = [];
    const hooks: Hook[] = [
      {
        type: 'post',
        notify: ({ action, args }, outcome) => void told.push(JSON.stringify([action, args, outcome])),
      },
    ];
    const { cache } = await setUp.open({ hooks });
    await cache.reset({ only: ['cache'] });
    if (!setUp.steady) return;
    expect(told).toHaveLength(setUp.nodes);
    expect(told[0]).toContain('["reset",[{"only":["cache"]}]');
    expect(new Set(told).size).toBe(1);
  });
});
