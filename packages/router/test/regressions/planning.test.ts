import { afterEach, beforeEach, expect, it } from 'vitest';
import { balanced, type Router } from '../../src/index.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { aGate, ask, box, ending, owned, steered, until } from './kit.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 17 });
});
afterEach(() => cluster.close());

/** Plans as the default router does, and throws when it is asked over and over while no time passes. */
function patient(): Router {
  const router = balanced();
  let at = -1;
  let asked = 0;
  return {
    name: router.name,
    assign(...args) {
      const now = cluster.clock.now();
      asked = now === at ? asked + 1 : 0;
      at = now;
      if (asked > 1_000) throw new Error('the moves are planned again and again, and nothing else happens');
      return router.assign(...args);
    },
  };
}

it('planning never goes round for ever while nobody knows what was published over a stream that has failed', async () => {
  const store = steered(cluster.store.open());
  const a = await cluster.join('a', {
    partitions: 256,
    store,
    router: patient(),
    moves: { bytesPerSecond: 1_000 },
  });
  await cluster.run(a.open('box', box(a)));
  for (let partition = 0; partition < 256; partition += 1) {
    await cluster.run(ask(a, partition, 'put', { value: `of ${partition}` }));
  }
  const other = cluster.store.open();
  const b = await cluster.join('b', { store: other });
  await cluster.run(b.open('box', box(b)));
  // The first group is being published, for as long as the store does not answer; the second is being copied.
  const answer = aGate();
  let publishing = false;
  store.before = (operation) => {
    if (operation !== 'compareAndSet') return;
    publishing = true;
    return answer.passed;
  };
  await until(cluster, () => publishing);
  expect(a.status().moves.map(({ phase }) => phase)).toEqual(['sealed', 'copying']);
  // Calls wait for the first one, so nothing more of the second leaves.
  const [, copying] = a.status().moves;
  await cluster.clock.advance(1_000);
  expect(a.status().moves[1]).toEqual(copying);
  // Neither can remove the other.
  other.outage = true;
  cluster.network.cut('a', 'b');
  // Copies wait while partitions are sealed, and changes do not: none of these is acknowledged. Those of sealed ones wait.
  for (let partition = 0; partition < 256; partition += 1)
    ending(ask(a, partition, 'put', { value: 'changed' }));
  await until(cluster, () => a.status().moves.length === 1, 5_000, 10);
  await cluster.clock.advance(1_000);
  expect(a.status().moves).toMatchObject([{ phase: 'sealed' }]);
  cluster.network.heal('a', 'b');
  await cluster.clock.advance(2_000);
  other.outage = false;
  store.before = () => {};
  answer.open();
  await cluster.clock.advance(5_000);
  expect(a.status()).toMatchObject({ moving: 0, moves: [] });
  expect(owned(a)).toHaveLength(128);
});
