import { expect, it } from 'vitest';
import type { ClusterNode } from '../../../src/cluster/index.ts';
import { type AnyCache, keyOf, Simulation } from '../simulation.ts';

it('what a transaction has yet to apply is not there after its tag was invalidated', async () => {
  const simulation = new Simulation();
  const options = { backups: 1, partitions: 16, failureAfter: 3_000 } as const;
  const nodes: ClusterNode[] = [];
  for (const id of ['a', 'b', 'c']) nodes.push(await simulation.join(id, options));
  const caller = await simulation.join('d', { ...options, weight: 0 });
  for (const node of nodes) await simulation.run(node.ready());
  const caches = nodes.map((node) => node.cache('pages') as unknown as AnyCache);
  const pages = caller.cache('pages') as unknown as AnyCache;
  await simulation.advance(2_000);
  const keys = ['a', 'b', 'c'].map((id) => keyOf(caller, id));
  await simulation.run(pages.put(keys[1]!, 'before'));
  const running = pages.transaction(keys, async (tx) => {
    for (const key of keys) await tx.put(key, 'page', { tags: ['layout', key] });
  });
  running.catch(() => {});
  // It is committed at one of them, and the others have yet to write their parts, when nothing is heard of its caller.
  const written = (): string[] => keys.filter((key, n) => caches[n]!.local.get(key) === 'page');
  while (written().length === 0) await simulation.advance(0.25);
  simulation.silence('d');
  const [home] = written();
  expect(written()).toEqual([home]);
  const rest = keys.filter((key) => key !== home);
  await simulation.run(caches[0]!.invalidateTag(rest[0]!));
  await simulation.advance(15_000);
  const read = keys.map((key) => caches[1]!.get(key, { timeout: '1m' }));
  expect(await simulation.run(Promise.all(read))).toEqual(
    keys.map((key) => (key === rest[0] ? undefined : 'page')),
  );
  simulation.silence('d', false);
  await simulation.advance(1_000);
  await simulation.close();
});
