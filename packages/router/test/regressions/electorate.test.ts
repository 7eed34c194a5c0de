import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestCluster } from '../../src/testing/index.ts';
import { ask, box } from './kit.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 37 });
});
afterEach(() => cluster.close());

it('members that an operator has forgotten do not keep the electorate from ever changing again', async () => {
  const a = await cluster.join('a', { partitions: 8 });
  await cluster.run(a.open('box', box(a)));
  const others = ['b', 'c', 'd', 'e'];
  for (const id of others) {
    const node = await cluster.join(id);
    await cluster.run(node.open('box', box(node)));
  }
  await cluster.clock.advance(2_000);
  for (const id of others) cluster.pause(id);
  await cluster.clock.advance(5_000);
  expect(a.view.members).toHaveLength(5);
  for (const id of others) await cluster.run(a.forget(id));
  await cluster.clock.advance(10_000);
  expect(a.view.members.map(({ id }) => id)).toEqual(['a']);
  expect(a.view.electorate).toMatchObject({ voters: [a.incarnation], gone: 0 });
  // Alone, it needs nobody's leave: neither theirs, nor that of the store.
  cluster.store.outage = true;
  await cluster.clock.advance(60_000);
  await cluster.run(ask(a, 0, 'put', { value: 'here' }));
  expect(await cluster.run(ask(a, 0, 'get'))).toBe('here');
  cluster.store.outage = false;
  for (const id of others) cluster.crash(id);
});
