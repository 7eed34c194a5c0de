import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoutedNode } from '../../src/index.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { ask, type Box, box, type Ending, ending, owned, until } from './kit.ts';

let cluster: TestCluster;
let a: RoutedNode;
let service: Box;
let put: Ending;

/** `b` has executed a call of `a`, which will not get the answer. */
beforeEach(async () => {
  cluster = new TestCluster({ seed: 23 });
  a = await cluster.join('a', { partitions: 8, failureAfter: 60_000 });
  await cluster.run(a.open('box', box(a)));
  const b = await cluster.join('b', { failureAfter: 60_000 });
  service = box(b);
  await cluster.run(b.open('box', service));
  await cluster.clock.advance(1_000);
  cluster.network.block('b', 'a');
  put = ending(ask(a, owned(b)[0]!, 'put', { value: 'new', timeout: 2_000 }));
  await until(cluster, () => service.puts === 1);
});
afterEach(async () => {
  cluster.network.unblock('a', 'b');
  cluster.network.unblock('b', 'a');
  await cluster.close();
});

describe('a call that was executed, and whose answer was lost', () => {
  it('does not end as one that was never sent, because it could not be sent a second time', async () => {
    // The link breaks; the next one is not made as long as the way back is blocked.
    cluster.network.cut('a', 'b');
    cluster.network.heal('a', 'b');
    await cluster.clock.advance(3_000);
    expect(put).toEqual({ state: 'rejected', code: 'UNKNOWN_OUTCOME' });
    expect(service.puts).toBe(1);
  });

  it('does not end as one that was never sent, because its node was closed before the second attempt', async () => {
    cluster.network.cut('a', 'b');
    cluster.network.heal('a', 'b');
    await cluster.clock.advance(10);
    const leaving = a.leave({ within: 0 });
    await until(cluster, () => put.state !== 'open');
    expect(put).toEqual({ state: 'rejected', code: 'UNKNOWN_OUTCOME' });
    cluster.network.unblock('b', 'a');
    await cluster.run(leaving);
  });
});
