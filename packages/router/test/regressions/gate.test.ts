import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Gate } from '../../src/gate.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { changeBackups } from '../../src/view.ts';
import { firstView } from '../arbitraries.ts';
import { ask, box, ending, owned, until } from './kit.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 41 });
});
afterEach(() => cluster.close());

describe('a reply that waits for a copy', () => {
  it('is not kept for ever once its caller has stopped waiting', async () => {
    const view = changeBackups(firstView(8), new Map([[3, ['b']]]));
    const replication = { present: () => undefined } as unknown as ConstructorParameters<
      typeof Gate
    >[0]['replication'];
    const gate = new Gate({ self: 'a', clock: cluster.clock, replication, view: () => view });
    const [given, kept] = [gate.pass([3])!, gate.pass([3])!];
    const settled = ending(gate.settled(60_000));
    given.giveUp();
    await cluster.clock.advance(10);
    expect(settled.state).toBe('open');
    kept.giveUp();
    await cluster.clock.advance(10);
    expect(settled.state).toBe('answered');
    expect(cluster.clock.waiting).toBe(0);
  });

  it('is not waited for beyond its deadline, and does not claim then that anything is safe', async () => {
    const failureAfter = 60_000;
    const a = await cluster.join('a', { partitions: 8, backups: 1, failureAfter });
    const service = box(a);
    await cluster.run(a.open('box', service));
    const b = await cluster.join('b', { failureAfter });
    await cluster.run(b.open('box', box(b)));
    await cluster.clock.advance(1_000);
    const partition = owned(a)[0]!;
    expect(a.view.backups[partition]).toEqual(['b']);
    cluster.network.block('a', 'b');
    const passing = vi.spyOn(Gate.prototype, 'pass');
    const put = ending(ask(a, partition, 'put', { value: 'new', timeout: 500 }));
    await until(cluster, () => service.values.get(partition) === 'new');
    const get = ending(ask(a, partition, 'get', { timeout: 500 }));
    await cluster.clock.advance(490);
    expect([put.state, get.state]).toEqual(['open', 'open']);
    await cluster.clock.advance(20);
    expect(put).toEqual({ state: 'rejected', code: 'UNKNOWN_OUTCOME' });
    expect(get).toEqual({ state: 'rejected', code: 'TIMEOUT' });
    // Nobody waits for them any more, and nothing of them is left.
    const gate = passing.mock.contexts[0] as Gate;
    passing.mockRestore();
    const settled = ending(gate.settled(60_000));
    await cluster.clock.advance(1);
    expect(settled.state).toBe('answered');
    cluster.network.unblock('a', 'b');
  });
});
