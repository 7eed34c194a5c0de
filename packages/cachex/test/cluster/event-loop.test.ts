import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterNode, join } from '../../src/cluster/index.ts';

let directory: string;
const nodes: ClusterNode[] = [];
beforeEach(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'cachex-'));
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close();
  await rm(directory, { recursive: true });
});

/** Nodes that have a cache `c`, and their share of its keys. */
async function clusterOf(...ids: string[]): Promise<ClusterNode[]> {
  for (const id of ids) nodes.push(await join({ cluster: 'loop', id, directory, settle: 1 }));
  for (const node of nodes) node.cache('c', { nearCache: { size: 100, expire: '1m' } });
  for (const node of nodes) await node.ready();
  return nodes;
}

function keyOf(node: ClusterNode, id: string): number {
  let key = 0;
  while (node.route(key).owner !== id) key += 1;
  return key;
}

/** Whether a timer fires while many calls are made, one after another; it is given a second for that. */
async function aTimerFires(call: () => Promise<unknown>): Promise<boolean> {
  const end = performance.now() + 1_000;
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 20);
  const loop = async (): Promise<void> => {
    while (!fired && performance.now() < end) await call();
  };
  await Promise.all([loop(), loop()]);
  return fired;
}

describe('calls that are answered without waiting for anything, one after another, leave time for others', () => {
  it('at a lone node', async () => {
    const [node] = await clusterOf('a');
    const cache = node!.cache('c');
    expect(await aTimerFires(() => cache.get('ada'))).toBe(true);
    expect(await aTimerFires(() => cache.size())).toBe(true);
  });

  it('at the owner of a key', async () => {
    const [node] = await clusterOf('a', 'b');
    const cache = node!.cache('c');
    const key = keyOf(node!, 'a');
    expect(await aTimerFires(() => cache.put(key, 1))).toBe(true);
    expect(await aTimerFires(() => cache.get(key, { timeout: 5_000 }))).toBe(true);
  });

  it('where the value is kept near', async () => {
    const [node] = await clusterOf('a', 'b');
    const cache = node!.cache('c');
    const key = keyOf(node!, 'b');
    await cache.put(key, 1);
    await cache.get(key);
    expect(await aTimerFires(() => cache.get(key))).toBe(true);
    expect(await aTimerFires(() => cache.get(key, { timeout: 5_000 }))).toBe(true);
    expect(cache.near().hits).toBeGreaterThan(0);
  });

  it('where none may begin', async () => {
    const [node] = await clusterOf('a');
    const cache = node!.cache('c');
    await node!.close();
    const refused = (): Promise<unknown> => cache.get('ada').catch((error: { code: string }) => error.code);
    expect(await refused()).toBe('CLOSED');
    expect(await aTimerFires(refused)).toBe(true);
  });
});
