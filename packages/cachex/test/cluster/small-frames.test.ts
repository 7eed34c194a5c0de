import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { type AnyCache, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

const count = 300;
/** Some are as large as they may be, and most are small. */
const sizeOf = (n: number, frame: number): number =>
  n % 100 === 0 ? (frame * 3) / 4 - 100 : 100 + (n % 7) * 40;

it.each([8 * 1024, 16 * 1024, 64 * 1024])(
  'partitions move, and are backed up, where a frame may have no more than %d bytes',
  async (frame) => {
    const join = (id: string): Promise<ClusterNode> =>
      simulation.join(id, { partitions: 16, backups: 1, limits: { frame } });
    const a = await join('a');
    const cache = a.cache('things') as AnyCache;
    for (let n = 0; n < count; n += 1) await simulation.run(cache.put(n, Buffer.alloc(sizeOf(n, frame), n)));
    for (const id of ['b', 'c']) {
      const node = await join(id);
      node.cache('things');
      await simulation.run(node.ready());
    }
    for (let waited = 0; a.status().underReplicated > 0 && waited < 10_000; waited += 10)
      await simulation.advance(10);
    expect(a.status()).toMatchObject({ underReplicated: 0, moving: 0 });
    const found = await simulation.run(Promise.all(Array.from({ length: count }, (_, n) => cache.get(n))));
    for (const [n, value] of found.entries()) expect(value).toEqual(Buffer.alloc(sizeOf(n, frame), n));
  },
);
