import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ClusterNode, join } from '../../src/cluster/index.ts';
import { eventually } from '../gate.ts';

let directory: string;
let nodes: readonly ClusterNode[];

beforeEach(async () => {
  directory = await mkdtemp(pathOf(tmpdir(), 'cachex-'));
  const start = (id: string): Promise<ClusterNode> =>
    join({ cluster: 'controlled', directory, id, settle: 1, partitions: 64 });
  nodes = [await start('a'), await start('b')];
  for (const node of nodes) node.cache('users');
  await Promise.all(nodes.map((node) => node.ready()));
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.leave({ within: 100 })));
  await rm(directory, { recursive: true });
});

it('a node has another one change its weight', async () => {
  const [a, b] = nodes as [ClusterNode, ClusterNode];
  await a.setWeight(0, { node: 'b' });
  await eventually(() => b.safeToStop());
  expect(b.status().members.map(({ id, weight, partitions }) => [id, weight, partitions])).toEqual([
    ['a', 1, 64],
    ['b', 0, 0],
  ]);
  await b.setWeight(2, { node: 'b' });
  expect(b.nodes().map(({ weight }) => weight)).toEqual([1, 2]);
});

it('a node tells another one to leave: nothing is lost, and that one is told once, and why', async () => {
  const [a, b] = nodes as [ClusterNode, ClusterNode];
  const told: unknown[] = [];
  b.on('error', (error) => told.push(error));
  const users = a.cache('users');
  for (let n = 0; n < 100; n += 1) await users.put(n, n);
  await Promise.all([a.dismiss('b'), a.dismiss('b')]);
  await eventually(() => told.length > 0);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ code: 'CLOSED', message: expect.stringContaining("as 'a' told it to") });
  expect(a.nodes().map(({ id }) => id)).toEqual(['a']);
  expect(await users.size()).toBe(100);
  await expect(b.cache('users').get(1)).rejects.toMatchObject({
    code: 'CLOSED',
    message: expect.stringContaining('told it to'),
  });
});

it('refuses a node that is not there, and what is no weight', async () => {
  const [a] = nodes as [ClusterNode];
  await expect(a.setWeight(1, { node: 'bb' })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining("did you mean 'b'?"),
  });
  await expect(a.dismiss('c')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  await expect(a.setWeight(-1, { node: 'b' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  await expect(a.dismiss('b', { within: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  expect(a.nodes().map(({ id }) => id)).toEqual(['a', 'b']);
});
