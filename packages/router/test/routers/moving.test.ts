import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balanced, jump, local, modulo, type RoutedNode, rendezvous, ring } from '../../src/index.ts';
import type { Router } from '../../src/router.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { box } from '../box.ts';
import { workersOnly } from './workers-only.ts';

const partitions = 64;
const every = Array.from({ length: partitions }, (_, hash) => hash);

const routers = [balanced(), ring(), rendezvous(), jump(), modulo(), local(), workersOnly].map(
  (router) => [router.name, router] as const,
);

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 11 });
});
afterEach(() => cluster.close());

async function enter(id: string, router: Router, weight = 1): Promise<RoutedNode> {
  const node = await cluster.join(id, { partitions, router, backups: 1, weight });
  await cluster.run(node.open('box', box(node)));
  return node;
}

/** Lets all moves that are planned happen, and all copies be made. */
async function settled(): Promise<void> {
  await cluster.clock.advance(100);
  const rests = (): boolean =>
    cluster.nodes.every((node) => {
      const { moving, underReplicated } = node.status();
      return moving === 0 && underReplicated === 0;
    });
  for (let tries = 0; !rests(); tries += 1) {
    expect(tries).toBeLessThan(100);
    await cluster.clock.advance(100);
  }
}

describe.each(routers)('under %s', (_name, router) => {
  const put = (node: RoutedNode, value: string): Promise<unknown> =>
    cluster.run(
      Promise.all(
        every.map((hash) => node.dispatch.call(hash, { service: 'box', handler: 'put', args: [value] })),
      ),
    );
  const found = async (node: RoutedNode): Promise<Set<unknown>> =>
    new Set(
      await cluster.run(
        Promise.all(
          every.map((hash) =>
            node.dispatch.call(hash, { service: 'box', handler: 'get', args: [], repeatable: true }),
          ),
        ),
      ),
    );

  it('everything is where it belongs and nothing is lost when nodes join, weigh more, leave and die', async () => {
    const a = await enter('a', router);
    await put(a, 'first');
    const [b, c] = [await enter('worker-b', router), await enter('worker-c', router, 2)];
    const guest = await enter('guest', router);
    await cluster.run(Promise.all([a, b, c, guest].map((node) => node.ready())));
    await settled();
    expect(await found(b)).toEqual(new Set(['first']));
    const { members, owners } = b.view;
    expect(owners).toEqual(router.assign(members, partitions, owners));

    await put(guest, 'second');
    await cluster.run(b.setWeight(3));
    await settled();
    expect(await cluster.run(c.leave())).toMatchObject({ lost: 0 });
    cluster.nodes.splice(cluster.nodes.indexOf(c), 1);
    await settled();
    expect(await found(a)).toEqual(new Set(['second']));

    cluster.crash('worker-b');
    await settled();
    expect(await found(guest)).toEqual(new Set(['second']));
    expect(a.view.owners).toEqual(router.assign(a.view.members, partitions, a.view.owners));
    expect(a.status()).toMatchObject({ unowned: 0 });
  });
});
