import { expect, it } from 'vitest';
import { manyKeys } from '../../keys.ts';
import { type AnyCache, Simulation } from '../simulation.ts';

it.each(['clear', 'invalidateTag'] as const)(
  'what a node has removed of its own share (%s) is not there when it dies',
  async (how) => {
    const simulation = new Simulation();
    const options = { backups: 1, partitions: 16 } as const;
    const nodes = [await simulation.join('a', options), await simulation.join('b', options)];
    for (const node of nodes) await simulation.run(node.ready());
    const [a, b] = nodes.map((node) => node.cache('numbers') as unknown as AnyCache);
    await simulation.advance(1_000);
    for (const key of manyKeys) await simulation.run(a!.put(key, 1, { tags: ['t'] }));
    const own = manyKeys.filter((key) => nodes[0]!.route(key).owner === 'a');
    const local = { local: true } as const;
    const removed = how === 'clear' ? a!.clear(local) : a!.invalidateTag('t', local);
    expect(await simulation.run(removed)).toBe(own.length);
    simulation.crash('a');
    await simulation.advance(2_000);
    const read = await simulation.run(Promise.all(own.map((key) => b!.get(key, { timeout: '1m' }))));
    expect(read.filter((value) => value !== undefined)).toEqual([]);
    expect(await simulation.run(b!.size())).toBe(manyKeys.length - own.length);
    await simulation.close();
  },
);
