import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Build, RoutedNode } from '../src/index.ts';
import { TestCluster } from '../src/testing/index.ts';
import { box } from './box.ts';

const partitions = 64;
const every = Array.from({ length: partitions }, (_, hash) => hash);

let cluster: TestCluster;
let moved: number[];
beforeEach(() => {
  cluster = new TestCluster({ seed: 5 });
  moved = new Array(partitions).fill(0);
});
afterEach(() => cluster.close());

async function enter(id: string, build?: Build, bytesPerSecond?: number): Promise<RoutedNode> {
  const node = await cluster.join(id, {
    partitions,
    ...(build === undefined ? {} : { build }),
    ...(bytesPerSecond === undefined ? {} : { moves: { bytesPerSecond } }),
  });
  node.on('moved', ({ partitions: some }) => {
    for (const partition of some) moved[partition]! += 1;
  });
  await cluster.run(node.open('box', box(node)));
  await cluster.run(node.ready());
  return node;
}

async function fill(node: RoutedNode): Promise<void> {
  const call = { service: 'box', handler: 'put', args: ['kept'] };
  await cluster.run(Promise.all(every.map((hash) => node.dispatch.call(hash, call))));
}

async function found(node: RoutedNode): Promise<Set<unknown>> {
  const call = { service: 'box', handler: 'get', args: [] };
  return new Set(await cluster.run(Promise.all(every.map((hash) => node.dispatch.call(hash, call)))));
}

describe('a rolling deploy', () => {
  it('moves each partition once, and loses none', async () => {
    const olds = [];
    for (const id of ['o1', 'o2', 'o3', 'o4']) olds.push(await enter(id, '1.9'));
    await fill(olds[0]!);
    moved.fill(0);
    let last = olds[0]!;
    for (const [n, old] of olds.entries()) {
      last = await enter(`n${n}`, '1.10');
      expect(await cluster.run(old.leave())).toMatchObject({ lost: 0 });
      cluster.nodes.splice(cluster.nodes.indexOf(old), 1);
    }
    await cluster.clock.advance(1_000);
    expect(new Set(moved)).toEqual(new Set([1]));
    expect(last.status().members.map(({ build, partitions: share }) => [build, share])).toEqual(
      new Array(4).fill(['1.10', 16]),
    );
    expect(await found(last)).toEqual(new Set(['kept']));
  });

  it('that begins while partitions are on their way to an older node leaves them where they are', async () => {
    const a = await enter('a', 1, 1_000);
    await fill(a);
    await cluster.join('b', { build: 1 }).then((b) => cluster.run(b.open('box', box(b))));
    while (a.status().moves.length === 0) await cluster.clock.advance(1);
    const c = await enter('c', 2);
    await cluster.clock.advance(60_000);
    expect(a.status().members.map(({ partitions: share }) => share)).toEqual([partitions, 0, 0]);
    expect(a.status()).toMatchObject({ moving: 0, moves: [] });
    await cluster.run(a.leave({ within: 60_000 }));
    cluster.nodes.splice(cluster.nodes.indexOf(a), 1);
    expect(c.status().members.map(({ partitions: share }) => share)).toEqual([0, partitions]);
    expect(await found(c)).toEqual(new Set(['kept']));
  });
});

describe('a build', () => {
  it.each([-1, 1.5, Number.NaN, '', 'x'.repeat(65), {}, null])('cannot be %o', async (build) => {
    await expect(cluster.run(cluster.join('a', { build: build as Build }))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('build: '),
    });
  });
});
